import fc from 'fast-check';
import type { JobListOptions } from 'tideway';
import { beforeEach, describe, expect, it } from 'vitest';
import { JobList, type JobListServer, jobListServer } from '../helpers/job-list-server.ts';
import { untilOver } from '../helpers/until-over.ts';

let server: JobListServer;
beforeEach(async () => {
  server = untilOver(await jobListServer());
});

async function read(options?: JobListOptions): Promise<string[]> {
  return (await server.cloud.getProject(1).jobs.list(options)).map(({ key }) => key);
}

/** Whatever happened: none twice, and every job that was there throughout. */
function expectComplete(delivered: readonly string[], before: readonly string[], gone: ReadonlySet<string>): void {
  expect(new Set(delivered).size).toBe(delivered.length);
  const found = new Set(delivered);
  expect(before.filter((key) => !gone.has(key) && !found.has(key))).toEqual([]);
}

describe('A list of jobs', () => {
  it.each([0, 1, 999, 1000, 1001, 1980, 2000, 3210])(
    'of %i is read to its end, past the thousand of a page',
    async (size) => {
      server.list.arrive(size);
      expect(await read()).toEqual(server.list.jobs.map(({ key }) => key));
      for (const query of server.queries) expect(Number(query.get('count'))).toBeLessThanOrEqual(1000);
    },
  );

  it.each([0, 1, 10, 1000, 1001, 2500, 5000])('gives the newest %i where a count says so', async (count) => {
    server.list.arrive(3000);
    expect(await read({ count })).toEqual(server.list.jobs.slice(0, count).map(({ key }) => key));
    if (count <= 1000) expect(server.queries.length).toBe(Math.min(1, count));
  });

  it.each([1, 10, 1500, 3000, 4000])('passes over %i where `start` says so', async (start) => {
    server.list.arrive(3000);
    expect(await read({ start })).toEqual(server.list.jobs.slice(start).map(({ key }) => key));
    server.queries.length = 0;
    expect(await read({ start, count: 1200 })).toEqual(
      server.list.jobs.slice(start, start + 1200).map(({ key }) => key),
    );
  });

  it('ends before the job that `stop` names', async () => {
    server.list.arrive(2500);
    const keys = server.list.jobs.map(({ key }) => key);
    expect(await read({ stop: keys[2100] })).toEqual(keys.slice(0, 2100));
  });

  it('asks for as much as is wanted, and in one request where one will do', async () => {
    server.list.arrive(50);
    await read({ count: 7 });
    expect(server.queries.map(String)).toEqual(['count=7']);
  });

  it('is asked for page by page, as it is read', async () => {
    server.list.arrive(3000);
    const iterator = server.cloud.getProject(1).jobs.iter()[Symbol.asyncIterator]();
    for (let at = 0; at < 1000; at++) await iterator.next();
    expect(server.queries).toHaveLength(1);
    await iterator.next();
    expect(server.queries).toHaveLength(2);
    await iterator.return?.();
  });

  it('tells its progress', async () => {
    server.list.arrive(1500);
    const records = server.cloud.getProject(1).jobs.iter();
    await records.toArray({ limit: 1200 });
    expect(records.progress).toMatchObject({ delivered: 1200, lastKey: server.list.jobs[1199]?.key });
  });
});

describe('A list of jobs that changes while it is read', () => {
  const changes: Record<string, (list: JobList) => string[]> = {
    'because jobs arrive': (list) => {
      list.arrive(30);
      return [];
    },
    'because more jobs arrive than a page holds': (list) => {
      list.arrive(1100);
      return [];
    },
    'because a job that was delivered is deleted': (list) => list.remove(500),
    'because the last job that was delivered is deleted': (list) => list.remove(999),
    'because the last jobs that were delivered are deleted': (list) => list.remove(970, 30),
    'because many jobs that were delivered are deleted': (list) => list.remove(100, 800),
    'because all jobs that were delivered are deleted': (list) => list.remove(0, 1000),
    'because jobs are deleted that were not delivered yet': (list) => list.remove(1200, 300),
    'because the next jobs are deleted': (list) => list.remove(1000, 50),
    'because a job that was delivered changes': (list) => {
      list.change(500);
      return [];
    },
    'because the last jobs that were delivered change': (list) => {
      for (let index = 960; index < 1000; index++) list.change(index);
      return [];
    },
    'because a job changes that was not delivered yet': (list) => {
      list.change(1500);
      return [];
    },
    'because many jobs change that were not delivered yet': (list) => {
      for (let index = 1000; index < 1100; index++) list.change(index);
      return [];
    },
    'because the oldest job changes': (list) => {
      list.change(list.jobs.length - 1);
      return [];
    },
  };

  for (const [name, change] of Object.entries(changes)) {
    it(`gives none twice and leaves none out ${name}`, async () => {
      server.list.arrive(3000);
      const before = server.list.jobs.map(({ key }) => key);
      const gone = new Set<string>();
      server.afterPage = (page) => {
        if (page === 1) for (const key of change(server.list)) gone.add(key);
      };
      expectComplete(await read(), before, gone);
    });
  }

  it('leaves none out when more jobs change than a page holds, below one that was delivered', async () => {
    server.list.arrive(5000);
    const before = server.list.jobs.map(({ key }) => key);
    server.afterPage = (page) => {
      if (page !== 3) return;
      for (let index = 3400; index < 4900; index++) server.list.change(index);
      server.list.change(2000);
    };
    expectComplete(await read(), before, new Set());
  });

  it('ends, though it never comes to rest', async () => {
    server.list.arrive(2500);
    const before = server.list.jobs.map(({ key }) => key);
    server.afterPage = () => server.list.arrive(3);
    const delivered = await read();
    expectComplete(delivered, before, new Set());
    expect(server.queries.length).toBeLessThan(12);
  });

  it('gives none twice and leaves none out, whatever happens', async () => {
    const event = fc.oneof(
      fc.record({ kind: fc.constant('arrive' as const), count: fc.integer({ min: 1, max: 200 }) }),
      fc.record({
        kind: fc.constant('change' as const),
        at: fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
      }),
      fc.record({
        kind: fc.constant('remove' as const),
        at: fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
        count: fc.oneof(fc.integer({ min: 1, max: 30 }), fc.integer({ min: 1, max: 900 })),
      }),
      // What the reader stands on: the last keys that it saw.
      fc.record({ kind: fc.constant('remove last' as const), count: fc.integer({ min: 1, max: 60 }) }),
      fc.record({ kind: fc.constant('change last' as const), count: fc.integer({ min: 1, max: 60 }) }),
    );
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 900, max: 3000 }),
        fc.array(fc.array(event, { maxLength: 6 }), { maxLength: 8 }),
        async (size, pages) => {
          const list = new JobList();
          list.arrive(size);
          server.list = list;
          server.queries.length = 0;
          const before = list.jobs.map(({ key }) => key);
          const gone = new Set<string>();
          server.afterPage = (page) => {
            for (const change of pages[page - 1] ?? []) {
              const { length } = list.jobs;
              // Where the page that was just answered ended.
              const query = server.queries.at(-1);
              const end = Math.min(length, Number(query?.get('start') ?? 0) + 1000);
              if (change.kind === 'arrive') list.arrive(change.count);
              else if (change.kind === 'change') list.change(Math.floor(change.at * length));
              else if (change.kind === 'change last') {
                for (let index = Math.max(0, end - change.count); index < end; index++) list.change(index);
              } else {
                const at = change.kind === 'remove' ? Math.floor(change.at * length) : Math.max(0, end - change.count);
                for (const key of list.remove(at, change.count)) gone.add(key);
              }
            }
          };
          expectComplete(await read(), before, gone);
        },
      ),
      { numRuns: 100 },
    );
  });
});
