import fc from 'fast-check';
import { type JobState, type Project, ScrapyCloud } from 'tideway';
import { createEmulator, type Emulator } from 'tideway/emulator';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type StorageServer, storageServer } from '../helpers/storage-server.ts';

/** What JSON keeps as it is; it has no negative zero. */
const json = fc.jsonValue({ maxDepth: 3 }).map((value) => JSON.parse(JSON.stringify(value)) as unknown);
/** Names that a path takes. */
const name = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 20 }).filter((text) => !/^\.{1,2}$/.test(text));

describe('Fields', () => {
  let emulator: Emulator;
  let project: Project;
  beforeAll(() => {
    emulator = createEmulator({ projects: [1], seed: { jobs: [{ spider: 'quotes' }] } });
    project = new ScrapyCloud({ auth: emulator.apiKey, fetch: emulator.fetch }).getProject(1);
  });
  afterAll(() => emulator.close());

  it('hold any JSON by any name, and what is written last', async () => {
    const own = name.filter((field) => !['auth', 'key', '_key', 'state'].includes(field));
    const writes = fc.array(fc.dictionary(own, json, { maxKeys: 4 }), { maxLength: 4 });
    await fc.assert(
      fc.asyncProperty(writes, fc.boolean(), async (updates, isMetadata) => {
        const fields = isMetadata ? project.jobs.get('1/1/1').metadata : project.settings;
        for (const values of updates) await fields.update(values);
        const expected = new Map(updates.flatMap((values) => Object.entries(values)));
        const stored = new Map(await fields.list());
        for (const [field, value] of expected) {
          expect(stored.get(field)).toEqual(value);
          expect(await fields.get(field)).toEqual(value);
          await fields.delete(field);
          expect(await fields.get(field)).toBeNull();
        }
      }),
      { numRuns: 60 },
    );
  });

  it('of a job that is pushed are stored as they are given', async () => {
    const taken = [
      ...['auth', 'key', '_key', 'state', 'spider', 'priority', 'units', 'tags', 'unique'],
      ...['signal', 'timeout', 'idleTimeout', 'deadline', 'retry'],
    ];
    const given = fc.dictionary(
      name.filter((field) => !taken.includes(field)),
      json,
      { maxKeys: 5 },
    );
    await fc.assert(
      fc.asyncProperty(given, async (fields) => {
        const job = await project.jobs.push('quotes', fields);
        const stored = new Map(await job.metadata.list());
        for (const [field, value] of Object.entries(fields)) expect(stored.get(field)).toEqual(value);
        await job.purge();
      }),
      { numRuns: 40 },
    );
  });
});

describe('Several jobs', () => {
  let server: StorageServer;
  beforeAll(async () => {
    server = await storageServer();
  });
  afterAll(() => server[Symbol.asyncDispose]());

  it('are all accounted for, in order, whichever runs fail', async () => {
    const outcomes = fc.array(fc.constantFrom('job', 'refused', 'dropped', 'wrong'), { maxLength: 12 });
    await fc.assert(
      fc.asyncProperty(outcomes, fc.integer({ min: 1, max: 5 }), async (kinds, concurrency) => {
        server.respond = ({ body }) => {
          const n = Number(new URLSearchParams(body).get('n'));
          if (kinds[n] === 'dropped') return { drop: true };
          if (kinds[n] === 'refused') return { status: 400, body: '{"status":"error","message":"No"}' };
          return { body: `{"status":"ok","jobid":"1/2/${n}"}` };
        };
        const runs = kinds.map((kind, n) => ({ spider: kind === 'wrong' ? '' : 'quotes', jobArgs: { n: `${n}` } }));
        const results = await server.cloud().getProject(1).jobs.runAll(runs, { concurrency });
        expect(results).toHaveLength(kinds.length);
        for (const [n, { error, job }] of results.entries()) {
          expect(job?.key).toBe(kinds[n] === 'job' ? `1/2/${n}` : undefined);
          expect(error === undefined).toBe(kinds[n] === 'job');
        }
      }),
      { numRuns: 40 },
    );
  });

  it('are each waited for to the end of their own lives, and told of once', async () => {
    const state = fc.constantFrom<JobState>('pending', 'running', 'finished', 'deleted');
    // What a job is found in, look by look; the last one stays.
    const history = fc
      .tuple(fc.array(state, { maxLength: 3 }), fc.constantFrom<JobState | null>('finished', 'deleted', null))
      .map(([before, last]) => [...before, last]);
    await fc.assert(
      fc.asyncProperty(fc.array(history, { maxLength: 6 }), async (histories) => {
        let look = -1;
        const found = (key: string): JobState | null => {
          const states = histories[Number(key.split('/')[2])] ?? [];
          return states[Math.min(look, states.length - 1)] ?? null;
        };
        server.respond = ({ path, query }) => {
          const single = /^\/jobs\/(.*)\/state$/.exec(path)?.[1];
          if (single) return { body: JSON.stringify(found(single)) };
          look++;
          const listed = query.getAll('key').filter((key) => !['deleted', null].includes(found(key)));
          return {
            body: listed.map((key) => JSON.stringify({ key, state: found(key), ts: 1, elapsed: 1 })).join('\n'),
          };
        };
        const told: string[] = [];
        const keys = histories.map((_, n) => `1/2/${n}`);
        const { jobs } = server.cloud().getProject(1);
        const results = await jobs.waitForAll(keys, { interval: 1, onFinished: ({ key }) => void told.push(key) });
        expect(results.map(({ job }) => job.key)).toEqual(keys);
        for (const [n, result] of results.entries()) {
          // The first state in which a wait for `finished` ends.
          const end = histories[n]?.find((one) => one === 'finished' || one === 'deleted' || one === null);
          expect(result.state).toBe(end === 'finished' ? 'finished' : undefined);
          expect(result.error === undefined).toBe(end === 'finished');
        }
        expect(told.toSorted()).toEqual(keys.filter((_, n) => results[n]?.state === 'finished').toSorted());
      }),
      { numRuns: 60 },
    );
  });
});
