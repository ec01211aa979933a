import {
  BadRequestError,
  DecodeError,
  ForbiddenError,
  NotFoundError,
  type ReadOptions,
  type Records,
  RecordTooLargeError,
  StreamInterruptedError,
  TimeoutError,
  UnauthorizedError,
} from 'tideway';
import { beforeEach, describe, expect, it } from 'vitest';
import { prints } from '../helpers/prints.ts';
import { readingOf, readUntilError } from '../helpers/reading.ts';
import { rejection } from '../helpers/rejection.ts';
import { numbered, type StorageServer, storageServer } from '../helpers/storage-server.ts';
import { untilOver } from '../helpers/until-over.ts';
import { withoutWaits } from '../helpers/without-waits.ts';

let server: StorageServer;
beforeEach(async () => {
  server = untilOver(await storageServer());
  withoutWaits();
});

const items = (options?: ReadOptions): Records<{ x: number }> =>
  server.cloud().getJob('1/2/3').items.iter<{ x: number }>(options);
const html = '<!DOCTYPE html><html><head><title>Sign in</title></head><body>Please sign in, hunter2</body></html>';

describe('HTML with status 200', () => {
  it.each([
    ['on one line', html],
    ['on many lines', html.replaceAll('><', '>\n<')],
    ['behind blank lines', `\r\n\r\n${html}\n`],
  ])('%s is a DecodeError at once, which shows nothing of it', async (_name, body) => {
    server.respond = () => ({ body, headers: { 'content-type': 'text/html' } });
    for (const resource of ['items', 'logs', 'requests', 'samples'] as const) {
      server.requests.length = 0;
      const { delivered, error } = await readUntilError(readingOf(server.cloud().getJob('1/2/3'), resource).iter());
      expect(delivered).toEqual([]);
      expect(error).toBeInstanceOf(DecodeError);
      expect(error).toMatchObject({ position: 0 });
      expect(prints(error)).not.toContain('hunter2');
      expect(server.requests).toHaveLength(1);
    }
  });

  it('is a DecodeError where JSON as a whole is expected', async () => {
    server.respond = () => ({ body: html });
    const cloud = server.cloud();
    const calls: Promise<unknown>[] = [
      cloud.projects.list(),
      cloud.projects.summary(),
      cloud.serverTimestamp(),
      cloud.getJob('1/2/3').items.stats(),
      cloud.getJob('1/2/3').metadata.get('state'),
      cloud.getJob('1/2/3').metadata.list(),
      cloud.getJob('1/2/3').waitFor('finished'),
      cloud.getJob('1/2/3').items.get(0),
      cloud.getProject(1).summary(),
      cloud.getProject(1).spiders.list(),
      cloud.getProject(1).spiders.get('quotes'),
      cloud.getProject(1).jobs.list(),
      cloud.getProject(1).jobs.count(),
      cloud.getProject(1).jobs.summary(),
      cloud.getProject(1).jobs.run('quotes'),
      cloud.getProject(1).jobs.startNext(),
      cloud.getProject(1).jobs.cancel({ count: 1 }),
      cloud.getProject(1).jobs.jobSummary('1/2/3'),
      cloud.getProject(1).jobs.waitForAll(['1/2/3']),
      cloud.getJob('1/2/3').cancel(),
      cloud.getJob('1/2/3').purge(),
      cloud.getJob('1/2/3').metadata.authToken(),
    ];
    for (const error of await Promise.all(calls.map(rejection))) {
      expect(error).toBeInstanceOf(DecodeError);
      expect(prints(error)).not.toContain('hunter2');
    }
  });
});

describe('A body that is no body of records', () => {
  it('is delivered up to the line that is not JSON', async () => {
    server.respond = () => ({
      body: '{"x":0,"_key":"1/2/3/0"}\n{"x":1,"_key":"1/2/3/1"}\n{"secret":"hunter2",}\n{"x":3}\n',
    });
    const records = items();
    const { delivered, error } = await readUntilError(records);
    expect(delivered).toEqual([{ x: 0 }, { x: 1 }]);
    expect(error).toBeInstanceOf(DecodeError);
    expect(error).toMatchObject({ line: 3, position: 20 });
    expect(prints(error)).not.toContain('hunter2');
    expect(records.progress).toMatchObject({ delivered: 2, lastKey: '1/2/3/1' });
    expect(server.requests).toHaveLength(1);
  });

  it('is no error behind the records that were wanted', async () => {
    server.respond = () => ({ body: '{"x":0}\n{"x":1}\noops\n' });
    expect(await items({ count: 2 }).toArray()).toHaveLength(2);
    expect(await items().toArray({ limit: 2 })).toHaveLength(2);
  });

  it('is a DecodeError when it is not UTF-8', async () => {
    server.respond = () => ({ body: Buffer.from('{"x":0}\n{"x":"\xe9"}\n{"x":2}\n', 'latin1') });
    const { delivered, error } = await readUntilError(items());
    expect(delivered).toEqual([{ x: 0 }]);
    expect(error).toBeInstanceOf(DecodeError);
    expect(error).toMatchObject({ line: 2, position: 6 });
  });

  it('that always ends inside a record is an interruption, which tells why', async () => {
    server.respond = ({ query }) => ({
      body: query.has('startafter') ? '{"x":1,"_ke' : '{"x":0,"_key":"1/2/3/0"}\n{"x":1,"_ke',
    });
    const { delivered, error } = await readUntilError(items());
    expect(delivered).toEqual([{ x: 0 }]);
    expect(error).toBeInstanceOf(StreamInterruptedError);
    expect(error).toMatchObject({ delivered: 1, lastKey: '1/2/3/0', cause: { code: 'ERR_CONNECTION' } });
    expect((error as { cause: Error }).cause.cause).toBeInstanceOf(DecodeError);
  });
});

describe('A record that is too large', () => {
  it('of 10 MB is refused by default, before its newline comes', async () => {
    server.respond = () => ({
      body: (async function* () {
        yield new TextEncoder().encode('{"x":0,"_key":"1/2/3/0"}\n{"x":"');
        const chunk = new Uint8Array(1024 * 1024).fill(121);
        for (;;) yield chunk;
      })(),
    });
    const { delivered, error } = await readUntilError(items());
    expect(delivered).toEqual([{ x: 0 }]);
    expect(error).toBeInstanceOf(RecordTooLargeError);
    expect(error).toMatchObject({ limit: 8 * 1024 * 1024 });
    expect(await server.requests[0]?.ended).toBe('left');
    expect(server.requests).toHaveLength(1);
  });

  it('of 10 MB is read where it is allowed', async () => {
    server.respond = () => ({ body: `{"x":"${'y'.repeat(10_000_000)}"}\n{"x":1}\n` });
    const [first, second] = await items({ maxRecordBytes: 11_000_000 }).toArray();
    expect(String(first?.x)).toHaveLength(10_000_000);
    expect(second).toEqual({ x: 1 });
  });

  it('is refused in all four, and in ranges', async () => {
    for (const resource of ['items', 'logs', 'requests', 'samples'] as const) {
      server.data.set(
        `${resource}/1/2/3`,
        numbered(3, () => ({ text: 'y'.repeat(2000) })),
      );
      const reading = readingOf(server.cloud().getJob('1/2/3'), resource);
      expect(await rejection(reading.list({ maxRecordBytes: 1000 }))).toBeInstanceOf(RecordTooLargeError);
      expect(await rejection(reading.list({ maxRecordBytes: 1000, parallel: 2 }))).toBeInstanceOf(RecordTooLargeError);
    }
  });
});

describe('A server that sends half a line and stalls', () => {
  it('is given up, with the timeout as the cause', async () => {
    server.respond = () => ({ body: '{"x":0,"_k', stallAfter: 10 });
    const { delivered, error } = await readUntilError(items({ idleTimeout: 25 }));
    expect(delivered).toEqual([]);
    expect(error).toBeInstanceOf(StreamInterruptedError);
    expect((error as Error).cause).toBeInstanceOf(TimeoutError);
    expect(server.requests).toHaveLength(6);
  });
});

describe('What the server refuses', () => {
  it.each([
    [400, BadRequestError],
    [401, UnauthorizedError],
    [403, ForbiddenError],
    [404, NotFoundError],
  ])('with %i rejects every reading call', async (status, type) => {
    server.respond = () => ({ status, body: 'No\n' });
    const cloud = server.cloud();
    const job = cloud.getJob('1/2/3');
    const project = cloud.getProject(1);
    const calls: Promise<unknown>[] = [
      job.items.list(),
      job.items.stats(),
      job.logs.list({ parallel: 2 }),
      job.requests.list({ follow: true }),
      job.samples.list(),
      job.metadata.get('x'),
      job.metadata.list(),
      job.waitFor('finished'),
      project.summary(),
      project.jobs.list(),
      project.jobs.count(),
      project.jobs.summary(),
      project.jobs.iterLast().toArray(),
      project.jobs.jobSummary('1/2/3'),
      project.jobs.run('quotes'),
      project.spiders.list(),
      project.spiders.get('quotes'),
      cloud.projects.list(),
      cloud.projects.summary(),
      cloud.serverTimestamp(),
    ];
    for (const error of await Promise.all(calls.map(rejection))) expect(error).toBeInstanceOf(type);
    expect(server.requests).toHaveLength(calls.length);
  });

  it.each([
    ['Authentication failed', UnauthorizedError],
    ['Something is missing', BadRequestError],
  ])('with status 200 and `"status": "error"` in dash, saying %j, is a refusal', async (message, type) => {
    server.respond = () => ({ body: JSON.stringify({ status: 'error', message }) });
    const cloud = server.cloud();
    const calls: Promise<unknown>[] = [
      cloud.projects.list(),
      cloud.projects.iter().toArray(),
      cloud.getProject(1).spiders.list(),
      cloud.getProject(1).jobs.run('quotes'),
    ];
    for (const error of await Promise.all(calls.map(rejection))) {
      expect(error).toBeInstanceOf(type);
      expect((error as Error).message).toContain(message);
      expect(error).toMatchObject({ reason: message });
    }
  });

  it.each(['null', '[]', '7', '"text"', ''])('is a typed error also where dash answers %j', async (body) => {
    server.respond = () => ({ body });
    const error = await rejection(server.cloud().projects.list());
    expect(error).toMatchObject({ code: expect.stringMatching(/^ERR_(DECODE|BAD_REQUEST|API)$/) });
  });
});
