import { ConfigurationError, type JobState, NotFoundError, ScrapyCloud, ServerError, TimeoutError } from 'tideway';
import { createEmulator } from 'tideway/emulator';
import { beforeEach, describe, expect, it } from 'vitest';
import { rejection } from '../helpers/rejection.ts';
import { type StorageServer, storageServer } from '../helpers/storage-server.ts';
import { untilOver } from '../helpers/until-over.ts';
import { withoutWaits } from '../helpers/without-waits.ts';

let server: StorageServer;
beforeEach(async () => {
  server = untilOver(await storageServer());
});

const job = () => server.cloud().getJob('1/2/3');
const interval = 5;

/** The states that the job is found in, one look after the other; the last one stays. */
function states(...found: (string | null)[]): void {
  server.respond = ({ repetition }) => ({ body: JSON.stringify(found[Math.min(repetition, found.length - 1)]) });
}

describe('`waitFor`', () => {
  it.each<[JobState, (JobState | null)[], JobState]>([
    ['finished', ['finished'], 'finished'],
    ['finished', ['pending', 'pending', 'running', 'running', 'finished'], 'finished'],
    ['running', ['pending', 'running'], 'running'],
    ['running', ['pending', 'finished'], 'finished'],
    ['pending', ['running'], 'running'],
    ['deleted', ['running', 'finished', 'deleted'], 'deleted'],
  ])('for `%s` resolves to the state that it finds: %j', async (state, found, expected) => {
    states(...found);
    expect(await job().waitFor(state, { interval })).toBe(expected);
    expect(server.requests.map(({ method, path }) => `${method} ${path}`)).toEqual(
      found.map(() => 'GET /jobs/1/2/3/state'),
    );
  });

  it.each<[JobState, (JobState | null)[]]>([
    ['finished', ['deleted']],
    ['finished', ['running', 'deleted']],
    ['pending', ['deleted']],
    ['finished', [null]],
    ['finished', ['running', null]],
  ])('for `%s` rejects with NotFoundError when the job is gone: %j', async (state, found) => {
    states(...found);
    const error = await rejection(job().waitFor(state, { interval }));
    expect(error).toBeInstanceOf(NotFoundError);
    expect((error as Error).message).toContain('1/2/3');
  });

  it('rejects with NotFoundError when the server says nothing of the job', async () => {
    server.respond = () => ({ body: '' });
    expect(await rejection(job().waitFor('finished', { interval, timeout: 500 }))).toBeInstanceOf(NotFoundError);
  });

  it('rejects with a TimeoutError of phase `wait`', async () => {
    states('running');
    const error = await rejection(job().waitFor('finished', { interval, timeout: 60 }));
    expect(error).toBeInstanceOf(TimeoutError);
    expect(error).toMatchObject({ phase: 'wait', timeout: 60 });
    // A request that was on its way may still come in.
    await new Promise((resolve) => setTimeout(resolve, 50));
    const { length } = server.requests;
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(server.requests).toHaveLength(length);
  });

  it('times out also while no answer comes', async () => {
    server.respond = () => ({ after: new Promise(() => {}) });
    const error = await rejection(job().waitFor('finished', { interval, timeout: 60 }));
    expect(error).toMatchObject({ code: 'ERR_TIMEOUT', phase: 'wait' });
    expect(await server.requests[0]?.ended).toBe('left');
  });

  it('is ended by a signal, while it waits and before it begins', async () => {
    states('running');
    const reason = new Error('enough');
    const controller = new AbortController();
    const waiting = rejection(job().waitFor('finished', { signal: controller.signal }));
    await expect.poll(() => server.requests.length).toBe(1);
    controller.abort(reason);
    expect(await waiting).toBe(reason);
    expect(await rejection(job().waitFor('finished', { signal: controller.signal }))).toBe(reason);
    expect(server.requests).toHaveLength(1);
  });

  it('is ended by closing the connection', async () => {
    states('running');
    const cloud = server.cloud();
    setTimeout(() => void cloud.close(), 20);
    expect(await rejection(cloud.getJob('1/2/3').waitFor('finished'))).toBeInstanceOf(ConfigurationError);
  });

  it('tries an answer that passes again, and gives up on one that does not', async () => {
    withoutWaits();
    server.respond = ({ repetition }) => (repetition === 0 ? { status: 503, body: '' } : undefined);
    expect(await job().waitFor('finished', { interval })).toBe('finished');
    server.respond = () => ({ status: 500, body: '' });
    expect(await rejection(job().waitFor('finished', { interval }))).toBeInstanceOf(ServerError);
  });

  it.each([
    ['state', 'done', {}],
    ['state', undefined, {}],
    ['interval', 'finished', { interval: 0 }],
    ['interval', 'finished', { interval: Number.NaN }],
    ['timeout', 'finished', { timeout: -1 }],
    ['deadline', 'finished', { deadline: -1 }],
    ['signal', 'finished', { signal: 'soon' as unknown as AbortSignal }],
  ])('refuses a `%s` that cannot be', async (name, state, options) => {
    const error = await rejection(job().waitFor(state as JobState, options));
    expect(error).toBeInstanceOf(ConfigurationError);
    expect((error as Error).message).toContain(`\`${name}\``);
    expect(server.requests).toHaveLength(0);
  });

  it('sees a job of the emulator through its life', async () => {
    let finish: () => void = () => {};
    await using emulator = createEmulator({
      projects: [1],
      spiders: {
        quotes: () =>
          new Promise<void>((resolve) => {
            finish = resolve;
          }),
      },
    });
    const cloud = new ScrapyCloud({ auth: emulator.apiKey, fetch: emulator.fetch });
    const started = await cloud.getProject(1).jobs.run('quotes');
    expect(await started.waitFor('running', { interval })).toBe('running');
    setTimeout(() => finish(), 30);
    expect(await started.waitFor('finished', { interval })).toBe('finished');
    expect(await rejection(cloud.getJob('1/1/77').waitFor('finished', { interval }))).toBeInstanceOf(NotFoundError);
  });
});
