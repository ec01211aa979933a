import {
  ConfigurationError,
  type Job,
  type JobState,
  NotFoundError,
  ScrapyCloud,
  Spider,
  TimeoutError,
  UnauthorizedError,
  type WaitForAllOptions,
} from 'tideway';
import { createEmulator } from 'tideway/emulator';
import { beforeEach, describe, expect, it } from 'vitest';
import { rejection } from '../helpers/rejection.ts';
import { type Reception, type StorageServer, storageServer } from '../helpers/storage-server.ts';
import { untilOver } from '../helpers/until-over.ts';

let server: StorageServer;
/** The state of each job; one that is not there is unknown. */
let states: Map<string, JobState>;
/** Happens before every look. */
let beforeLook: (look: number) => void;
beforeEach(async () => {
  server = untilOver(await storageServer());
  states = new Map();
  beforeLook = () => {};
  server.respond = ({ path, query, repetition }: Reception) => {
    const single = /^\/jobs\/(.*)\/state$/.exec(path)?.[1];
    if (single) return { body: JSON.stringify(states.get(single) ?? null) };
    beforeLook(repetition);
    const lines = query.getAll('key').flatMap((key) => {
      const state = states.get(key) ?? 'deleted';
      return state === 'deleted' ? [] : JSON.stringify({ key, state, ts: 1, elapsed: 1 });
    });
    return { body: lines.join('\n') };
  };
});

const interval = 5;
const jobs = () => server.cloud().getProject(1).jobs;
const keys = (count: number): string[] => Array.from({ length: count }, (_, n) => `1/2/${n + 1}`);
const looks = (): URLSearchParams[] =>
  server.requests.filter(({ path }) => path === '/jobq/1/jobsummary').map(({ query }) => query);

describe('`jobs.waitForAll`', () => {
  it('resolves to the state of each job, and calls a listener once for each as they finish', async () => {
    for (const key of keys(4)) states.set(key, 'running');
    beforeLook = (look) => states.set(`1/2/${4 - look}`, 'finished');
    const told: [string, JobState, number][] = [];
    const results = await jobs().waitForAll(keys(4), {
      interval,
      onFinished: (job, state) => void told.push([job.key, state, looks().length]),
    });
    expect(results.map(({ error, job, state }) => [job.key, state, error])).toEqual(
      keys(4).map((key) => [key, 'finished', undefined]),
    );
    expect(told).toEqual([
      ['1/2/4', 'finished', 1],
      ['1/2/3', 'finished', 2],
      ['1/2/2', 'finished', 3],
      ['1/2/1', 'finished', 4],
    ]);
    // Who has finished is not asked for again.
    expect(looks().map((query) => query.getAll('key').length)).toEqual([4, 3, 2, 1]);
  });

  it('asks for many jobs in a request, in addresses that servers take', async () => {
    const many = keys(1050);
    for (const key of many) states.set(key, 'finished');
    const results = await jobs().waitForAll(many, { interval });
    expect(results.map(({ job }) => job.key)).toEqual(many);
    expect(looks()).toHaveLength(11);
    for (const query of looks()) expect(query.toString().length).toBeLessThan(8_000);
    expect(looks()[0]?.getAll('jobmeta')).toEqual(['state']);
  });

  it('tells of jobs that are gone, and waits for the others', async () => {
    for (const key of keys(3)) states.set(key, 'running');
    beforeLook = (look) => {
      if (look === 1) states.set('1/2/2', 'deleted');
      if (look === 3) for (const key of ['1/2/1', '1/2/3']) states.set(key, 'finished');
    };
    const told: string[] = [];
    const results = await jobs().waitForAll([...keys(3), '1/2/99'], {
      interval,
      onFinished: ({ key }) => void told.push(key),
    });
    expect(results.map(({ state }) => state)).toEqual(['finished', undefined, 'finished', undefined]);
    expect(results[1]?.error).toBeInstanceOf(NotFoundError);
    expect(String(results[1]?.error)).toContain('job `1/2/2` was deleted while `finished` was waited for');
    expect(results[3]?.error).toBeInstanceOf(NotFoundError);
    expect(String(results[3]?.error)).toContain('there is no job `1/2/99`');
    expect(told).toEqual(['1/2/1', '1/2/3']);
    // Each was asked for by itself once.
    expect(server.requests.filter(({ path }) => path.endsWith('/state'))).toHaveLength(2);
  });

  it.each<[JobState, JobState, JobState | undefined]>([
    ['running', 'finished', 'finished'],
    ['running', 'running', 'running'],
    ['pending', 'running', 'running'],
    ['deleted', 'deleted', 'deleted'],
    ['running', 'deleted', undefined],
  ])('for `%s` takes a job that is %s', async (state, found, expected) => {
    states.set('1/2/1', found);
    const [result] = await jobs().waitForAll(['1/2/1'], { state, interval });
    expect(result?.state).toBe(expected);
  });

  it('takes jobs and keys, also one twice', async () => {
    for (const key of keys(2)) states.set(key, 'finished');
    const job = jobs().get('1/2/1');
    const told: Job[] = [];
    const results = await jobs().waitForAll([job, '1/2/2', '1/2/2'], { onFinished: (one) => void told.push(one) });
    expect(results.map(({ job: { key } }) => key)).toEqual(['1/2/1', '1/2/2', '1/2/2']);
    expect(results[0]?.job).toBe(job);
    expect(told).toHaveLength(2);
    expect(await jobs().waitForAll([])).toEqual([]);
  });

  it('awaits the listener before it is called for the next', async () => {
    for (const key of keys(3)) states.set(key, 'finished');
    let open = 0;
    let most = 0;
    await jobs().waitForAll(keys(3), {
      onFinished: async () => {
        most = Math.max(most, ++open);
        await new Promise((resolve) => setTimeout(resolve, 5));
        open--;
      },
    });
    expect(most).toBe(1);
    expect(open).toBe(0);
  });

  it.each([
    [
      'throws',
      (error: unknown) => {
        throw error;
      },
    ],
    ['rejects', (error: unknown) => Promise.reject(error)],
  ] as const)('rejects with what a listener %s, and calls it for no other job', async (_name, fail) => {
    for (const key of keys(3)) states.set(key, 'finished');
    states.set('1/2/4', 'running');
    const mine = new Error('mine');
    let calls = 0;
    const wait = jobs().waitForAll(keys(4), {
      interval,
      onFinished: (): void | Promise<void> => {
        if (++calls === 2) return fail(mine);
      },
    });
    expect(await rejection(wait)).toBe(mine);
    expect(calls).toBe(2);
    const { length } = server.requests;
    await new Promise((resolve) => setTimeout(resolve, 4 * interval));
    expect(server.requests).toHaveLength(length);
  });

  it('rejects with a TimeoutError of phase `wait`', async () => {
    states.set('1/2/1', 'finished').set('1/2/2', 'running');
    const told: string[] = [];
    const wait = jobs().waitForAll(keys(2), { interval, timeout: 200, onFinished: ({ key }) => void told.push(key) });
    const error = await rejection(wait);
    expect(error).toBeInstanceOf(TimeoutError);
    expect(error).toMatchObject({ phase: 'wait', timeout: 200 });
    expect(told).toEqual(['1/2/1']);
  });

  it('calls no listener any more when the wait ended while one was at work', async () => {
    for (const key of keys(3)) states.set(key, 'finished');
    const reason = new Error('enough');
    const controller = new AbortController();
    let calls = 0;
    const wait = jobs().waitForAll(keys(3), {
      signal: controller.signal,
      onFinished: () => {
        calls++;
        controller.abort(reason);
      },
    });
    expect(await rejection(wait)).toBe(reason);
    expect(calls).toBe(1);
  });

  it('is ended by a signal while it waits and before it begins', async () => {
    states.set('1/2/1', 'running');
    const reason = new Error('enough');
    const controller = new AbortController();
    beforeLook = () => setTimeout(() => controller.abort(reason), 10);
    const { signal } = controller;
    expect(await rejection(jobs().waitForAll(['1/2/1'], { signal }))).toBe(reason);
    expect(await rejection(jobs().waitForAll(['1/2/1'], { signal }))).toBe(reason);
    expect(server.requests).toHaveLength(1);
  });

  it('rejects with what the server refuses', async () => {
    server.respond = () => ({ status: 401, body: '' });
    expect(await rejection(jobs().waitForAll(['1/2/1']))).toBeInstanceOf(UnauthorizedError);
  });

  it.each<[string, unknown, unknown]>([
    ['`jobs`', '1/2/1', {}],
    ['the key of a job in `1`', ['1/2/1', '2/2/1'], {}],
    ['job key', ['1/2'], {}],
    ['job key', [undefined], {}],
    ['`state`', ['1/2/1'], { state: 'done' }],
    ['`interval`', ['1/2/1'], { interval: 0 }],
    ['`timeout`', ['1/2/1'], { timeout: -1 }],
    ['`deadline`', ['1/2/1'], { deadline: -1 }],
    ['`signal`', ['1/2/1'], { signal: 'soon' }],
    ['`onFinished`', ['1/2/1'], { onFinished: 'log' }],
  ])('refuses a wrong %s at the door', async (message, given, options) => {
    const error = await rejection(jobs().waitForAll(given as string[], options as WaitForAllOptions));
    expect(error).toBeInstanceOf(ConfigurationError);
    expect((error as Error).message).toContain(message);
    expect(server.requests).toHaveLength(0);
  });

  it('of a spider refuses the jobs of others', async () => {
    const spider = new Spider(server.cloud().connection, '1/2', 'quotes');
    expect(await rejection(spider.jobs.waitForAll(['1/3/1']))).toBeInstanceOf(ConfigurationError);
  });

  it('sees jobs of the emulator through their lives', async () => {
    const finish: (() => void)[] = [];
    await using emulator = createEmulator({
      projects: [1111111],
      spiders: { quotes: () => new Promise<void>((resolve) => void finish.push(resolve)) },
    });
    const { jobs } = new ScrapyCloud({ auth: emulator.apiKey, fetch: emulator.fetch }).getProject(1111111);
    const results = await jobs.runAll(Array.from({ length: 3 }, (_, n) => ({ spider: 'quotes', jobArgs: { n } })));
    const started = results.flatMap(({ job }) => job ?? []);
    const running = await jobs.waitForAll(started, { state: 'running', interval });
    expect(running.map(({ state }) => state)).toEqual(['running', 'running', 'running']);
    await started[1]?.delete();
    const done = jobs.waitForAll(started, { interval });
    for (const end of finish) end();
    expect((await done).map(({ error, state }) => state ?? (error as NotFoundError).code)).toEqual([
      'finished',
      'ERR_NOT_FOUND',
      'finished',
    ]);
  });
});
