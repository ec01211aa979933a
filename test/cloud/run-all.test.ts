import {
  ConfigurationError,
  DuplicateJobError,
  type RunRequest,
  type RunResult,
  ScrapyCloud,
  Spider,
  TimeoutError,
} from 'tideway';
import { createEmulator } from 'tideway/emulator';
import { beforeEach, describe, expect, it } from 'vitest';
import { rejection } from '../helpers/rejection.ts';
import { type StorageServer, storageServer } from '../helpers/storage-server.ts';
import { untilOver } from '../helpers/until-over.ts';

let server: StorageServer;
beforeEach(async () => {
  server = untilOver(await storageServer());
});

const jobs = () => server.cloud().getProject(1).jobs;
const runs = (length: number): RunRequest[] =>
  Array.from({ length }, (_, n) => ({ spider: 'quotes', jobArgs: { n: `${n}` } }));
const numberOf = (body: string): number => Number(new URLSearchParams(body).get('n'));
const keys = (results: readonly RunResult[]): (string | undefined)[] => results.map(({ job }) => job?.key);

describe('`jobs.runAll`', () => {
  it('schedules several jobs and resolves to them in the order of the runs', async () => {
    await using emulator = createEmulator({ projects: [1111111], seed: { spiders: ['quotes'] } });
    const { jobs } = new ScrapyCloud({ auth: emulator.apiKey, fetch: emulator.fetch }).getProject(1111111);
    const results = await jobs.runAll([...runs(10), { spider: 'nobody' }, { spider: 'quotes', jobArgs: { n: '3' } }]);
    for (const [n, { job }] of results.slice(0, 10).entries()) {
      expect(await job?.metadata.get('spider_args')).toEqual({ n: `${n}` });
    }
    expect(results[10]?.error).toMatchObject({ code: 'ERR_BAD_REQUEST' });
    expect(results[11]?.error).toBeInstanceOf(DuplicateJobError);
    expect(results).toHaveLength(12);
    expect(await jobs.count({ state: 'pending' })).toBe(10);
  });

  it.each([1, 3, 100])('asks for %i at once at most', async (concurrency) => {
    const wanted = Math.min(concurrency, 7);
    let reached = (): void => {};
    const all = new Promise<void>((resolve) => {
      reached = resolve;
    });
    let open = 0;
    let most = 0;
    server.respond = async ({ body }) => {
      most = Math.max(most, ++open);
      // None is answered before as many are asked for as may be.
      if (open === wanted) reached();
      await all;
      await new Promise((resolve) => setTimeout(resolve, 10));
      open--;
      return { body: JSON.stringify({ status: 'ok', jobid: `1/2/${numberOf(body) + 1}` }) };
    };
    const results = await jobs().runAll(runs(7), { concurrency });
    expect(keys(results)).toEqual(Array.from({ length: 7 }, (_, n) => `1/2/${n + 1}`));
    expect(most).toBe(wanted);
  });

  it('asks for four at once by default', async () => {
    let reached = (): void => {};
    const four = new Promise<void>((resolve) => {
      reached = resolve;
    });
    let open = 0;
    let most = 0;
    server.respond = async () => {
      most = Math.max(most, ++open);
      if (open === 4) reached();
      await four;
      await new Promise((resolve) => setTimeout(resolve, 10));
      open--;
      return { body: '{"status":"ok","jobid":"1/2/3"}' };
    };
    await jobs().runAll(runs(9));
    expect(most).toBe(4);
  });

  it('loses no job that was scheduled when the signal ends the rest', async () => {
    const reason = new Error('enough');
    const controller = new AbortController();
    server.respond = ({ repetition }) => {
      if (repetition === 2) controller.abort(reason);
      return { body: `{"status":"ok","jobid":"1/2/${repetition + 1}"}` };
    };
    const results = await jobs().runAll(runs(5), { concurrency: 1, signal: controller.signal });
    expect(keys(results)).toEqual(['1/2/1', '1/2/2', undefined, undefined, undefined]);
    expect(results.slice(2).map(({ error }) => error)).toEqual([reason, reason, reason]);
    expect(server.requests).toHaveLength(3);
  });

  it('ends a run also by a signal of its own', async () => {
    const own = new Error('own');
    const all = new Error('all');
    const [ownEnd, allEnd] = [new AbortController(), new AbortController()];
    server.respond = ({ repetition }) => {
      if (repetition === 0) ownEnd.abort(own);
      if (repetition === 1) allEnd.abort(all);
      return { after: new Promise(() => {}) };
    };
    const { signal } = new AbortController();
    const given: RunRequest[] = [
      { spider: 'quotes', signal: ownEnd.signal },
      { spider: 'quotes', signal },
    ];
    const results = await jobs().runAll(given, { concurrency: 1, signal: allEnd.signal });
    expect(results.map(({ error }) => error)).toEqual([own, all]);
    expect(server.requests).toHaveLength(2);
  });

  it('has one deadline for the whole', async () => {
    server.respond = ({ repetition }) =>
      repetition === 0 ? { body: '{"status":"ok","jobid":"1/2/3"}' } : { after: new Promise(() => {}) };
    const results = await jobs().runAll(runs(3), { concurrency: 1, deadline: 300 });
    expect(keys(results)).toEqual(['1/2/3', undefined, undefined]);
    expect(results[1]?.error).toBeInstanceOf(TimeoutError);
    expect(results[2]?.error).toBe(results[1]?.error);
    expect(server.requests).toHaveLength(2);
  });

  it('takes what is wrong with one run as the error of that run', async () => {
    server.respond = () => ({ body: '{"status":"ok","jobid":"1/2/3"}' });
    const [wrong, nameless, right, none] = await jobs().runAll([
      { spider: 'quotes', priority: 9 },
      { signal: 'soon' as unknown as AbortSignal },
      { spider: 'quotes' },
      null as unknown as RunRequest,
    ]);
    expect(wrong?.error).toBeInstanceOf(ConfigurationError);
    expect(nameless?.error).toBeInstanceOf(ConfigurationError);
    expect(none?.error).toBeInstanceOf(ConfigurationError);
    expect(right?.job?.key).toBe('1/2/3');
  });

  it('of a spider implies its name', async () => {
    server.respond = () => ({ body: '{"status":"ok","jobid":"1/2/3"}' });
    const spider = new Spider(server.cloud().connection, '1/2', 'quotes');
    await spider.jobs.runAll([{ jobArgs: { n: '1' } }]);
    expect(new URLSearchParams(server.requests[0]?.body).get('spider')).toBe('quotes');
  });

  it('does nothing for no runs, and refuses what it cannot do', async () => {
    expect(await jobs().runAll([])).toEqual([]);
    for (const concurrency of [0, 1.5, '4']) {
      const error = await rejection(jobs().runAll(runs(1), { concurrency: concurrency as number }));
      expect(error).toBeInstanceOf(ConfigurationError);
      expect((error as Error).message).toContain('`concurrency`');
    }
    const error = await rejection(jobs().runAll({ spider: 'quotes' } as unknown as RunRequest[]));
    expect((error as Error).message).toContain('`runs`');
    expect(server.requests).toHaveLength(0);
  });
});
