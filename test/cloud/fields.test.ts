import {
  ConfigurationError,
  DecodeError,
  JobMetadata,
  NotFoundError,
  type Project,
  ScrapyCloud,
  ServerError,
  Settings,
} from 'tideway';
import { createEmulator, type Emulator } from 'tideway/emulator';
import { beforeEach, describe, expect, it } from 'vitest';
import { prints } from '../helpers/prints.ts';
import { rejection } from '../helpers/rejection.ts';
import { type StorageServer, storageServer } from '../helpers/storage-server.ts';
import { untilOver } from '../helpers/until-over.ts';
import { withoutWaits } from '../helpers/without-waits.ts';

let server: StorageServer;
let emulator: Emulator;
let project: Project;
beforeEach(async () => {
  server = untilOver(await storageServer());
  server.respond = () => ({ body: '' });
  withoutWaits();
  emulator = untilOver(
    createEmulator({ projects: [1111111], seed: { jobs: [{ spider: 'quotes', state: 'running' }] } }),
  );
  project = new ScrapyCloud({ auth: emulator.apiKey, fetch: emulator.fetch }).getProject(1111111);
});

const sent = (): string[] => server.requests.map(({ body, method, path }) => `${method} ${path} ${body}`.trim());

describe.each([
  ['job.metadata', () => project.jobs.get('1111111/1/1').metadata, '/jobs/1/2/3'],
  ['project.settings', () => project.settings, '/projects/1/settings'],
] as const)('`%s`', (name, emulated, path) => {
  const recorded = (): JobMetadata | Settings =>
    name === 'job.metadata' ? server.cloud().getJob('1/2/3').metadata : server.cloud().getProject(1).settings;

  it('stores a value of JSON, which then is read as it was', async () => {
    for (const value of ['text', 7, true, null, [1, { a: null }], { deep: { é: '"' } }]) {
      expect(await emulated().set('field', value)).toBeUndefined();
      expect(await emulated().get('field')).toEqual(value);
    }
    await emulated().set('date', new Date(7));
    expect(await emulated().get('date')).toBe(7);
    await emulated().set('odd / name?', 1);
    expect(await emulated().get('odd / name?')).toBe(1);
    expect(await emulated().list()).toContainEqual(['odd / name?', 1]);
  });

  it('keeps what an update does not name, also when several come at once', async () => {
    await emulated().update({ a: 1, b: 2 });
    await Promise.all(Array.from({ length: 20 }, (_, n) => emulated().set(`n${n}`, n)));
    await emulated().update({ b: 3, c: undefined });
    const fields = Object.fromEntries(await emulated().iter().toArray());
    expect(fields).toMatchObject({ a: 1, b: 3, n0: 0, n19: 19 });
    expect(fields).not.toHaveProperty('c');
  });

  it('removes a value, and is content where there is none', async () => {
    await emulated().update({ a: 1, b: 2 });
    await emulated().delete('a');
    await emulated().delete('a');
    expect(await emulated().get('a')).toBeNull();
    expect(await emulated().get('b')).toBe(2);
  });

  it('sends what is given and nothing else', async () => {
    await recorded().set('a', [1]);
    await recorded().update({ b: 2, c: null });
    await recorded().update({});
    await recorded().delete('d e');
    expect(sent()).toEqual([`POST ${path} {"a":[1]}`, `POST ${path} {"b":2,"c":null}`, `DELETE ${path}/d%20e`]);
  });

  it('is written again when no answer comes: the server merges', async () => {
    server.respond = ({ repetition }) => (repetition === 0 ? { drop: true } : { body: '' });
    await recorded().set('a', 1);
    await recorded().delete('a');
    expect(sent()).toHaveLength(4);
    server.respond = () => ({ status: 503, body: '' });
    expect(await rejection(recorded().update({ a: 1 }))).toBeInstanceOf(ServerError);
  });

  it('rejects with DecodeError when a page of somebody else answers', async () => {
    server.respond = () => ({ body: '<html>Sign in, hunter2</html>' });
    for (const error of await Promise.all(
      [recorded().set('a', 1), recorded().delete('a'), recorded().get('a'), recorded().list()].map(rejection),
    )) {
      expect(error).toBeInstanceOf(DecodeError);
      expect(prints(error)).not.toContain('hunter2');
    }
  });

  it.each<[string, (fields: JobMetadata | Settings) => Promise<unknown>]>([
    ['`value`', (fields) => fields.set('a', undefined)],
    ['a function in its field `a`', (fields) => fields.set('a', () => 1)],
    ['NaN in its field `a`', (fields) => fields.set('a', Number.NaN)],
    ['a bigint in its field `a.b`', (fields) => fields.update({ a: { b: 1n } })],
    ['`values`', (fields) => fields.update([] as unknown as Record<string, unknown>)],
    ['`values`', (fields) => fields.update(null as unknown as Record<string, unknown>)],
    ['a segment of a path', (fields) => fields.set('', 1)],
    ['a segment of a path', (fields) => fields.update({ '..': 1 })],
    ['a segment of a path', (fields) => fields.delete('.')],
  ])('refuses a wrong %s at the door', async (message, call) => {
    const error = await rejection(call(recorded()));
    expect(error).toBeInstanceOf(ConfigurationError);
    expect((error as Error).message).toContain(message);
    expect(server.requests).toHaveLength(0);
  });

  it('is ended by a signal', async () => {
    const reason = new Error('enough');
    const signal = AbortSignal.abort(reason);
    const calls = [recorded().set('a', 1, { signal }), recorded().delete('a', { signal })];
    for (const error of await Promise.all(calls.map(rejection))) expect(error).toBe(reason);
    expect(server.requests).toHaveLength(0);
  });
});

describe('`job.metadata`', () => {
  it.each(['auth', '_key', 'state'])('writes no `%s`, which belongs to the queue', async (field) => {
    const { metadata } = server.cloud().getJob('1/2/3');
    const calls = [metadata.set(field, 'x'), metadata.update({ a: 1, [field]: 'x' }), metadata.delete(field)];
    for (const error of await Promise.all(calls.map(rejection))) {
      expect(error).toBeInstanceOf(ConfigurationError);
      expect((error as Error).message).toContain(`\`${field}\``);
    }
    expect(server.requests).toHaveLength(0);
  });

  it('has the token of a job that runs, and null when it has none', async () => {
    const job = project.jobs.get('1111111/1/1');
    const token = await job.metadata.authToken();
    expect(token).toMatch(/^[\w-]+\.[\w-]+\.[\w-]+$/);
    const own = new ScrapyCloud({ auth: [job.key, token ?? ''], fetch: emulator.fetch }).getJob(job.key);
    await own.metadata.set('note', 'from within');
    expect(await job.metadata.get('note')).toBe('from within');
    expect(await (await project.jobs.push('quotes')).metadata.authToken()).toBeNull();
  });

  it('rejects with NotFoundError when there is no such job to store with', async () => {
    expect(await rejection(project.jobs.get('1111111/1/99').metadata.set('a', 1))).toBeInstanceOf(NotFoundError);
  });
});

describe('Both', () => {
  it('are made one by one, too', async () => {
    const { connection } = server.cloud();
    await new Settings(connection, 1).set('a', 1);
    await new JobMetadata(connection, '1/2/3').set('a', 1);
    expect(sent()).toEqual(['POST /projects/1/settings {"a":1}', 'POST /jobs/1/2/3 {"a":1}']);
    expect(() => new Settings(connection, 'x')).toThrow(ConfigurationError);
  });
});
