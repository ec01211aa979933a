/** Reads that break and go on. */
import { whereBreaksShow } from './breaks.js';
import { allItems, itemOf, range, sampleOf } from './seed.js';

export const resumingCases = {
  'goes on after a compressed body that is cut between two records': whereBreaksShow((context) =>
    resumes(context, context.job, { cutAfterRecords: 700 }),
  ),

  'goes on after a compressed body that is cut inside a record': (context) =>
    resumes(context, context.job, { cutAfterBytes: 70_001 }),

  'goes on after a plain body that is cut between two records': whereBreaksShow((context) =>
    resumes(context, context.plainJob, { cutAfterRecords: 700 }),
  ),

  'goes on after a plain body that is cut inside a record': (context) =>
    resumes(context, context.plainJob, { cutAfterBytes: 70_001 }),

  'goes on after samples that are cut, which have no keys': whereBreaksShow(async ({ check, job, fault }) => {
    await fault({ path: `/samples/${job.key}`, times: 2, cutAfterRecords: 600 });
    const records = job.samples.iter({ count: 1200 });
    check.same(await records.toArray(), range(0, 1200, sampleOf), 'the samples');
    check.equal(records.progress.resumes, 2, 'the number of resumptions');
  }),

  'asks again when a connection breaks before an answer': async ({ check, job, fault, seen }) => {
    await fault({ path: `/items/${job.key}`, times: 2, drop: 'before' });
    check.same(await job.items.list({ count: 5, retry: { backoff: 1 } }), range(0, 5, itemOf), 'the items');
    check.ok((await seen(`/items/${job.key}`)).length >= 3, 'three requests at least');
  },

  'asks again when a server is busy, after the time that it names': async ({ check, job, fault, seen }) => {
    await fault({ path: `/items/${job.key}`, times: 1, status: 429, headers: { 'retry-after': '0' } });
    await fault({ path: `/items/${job.key}`, times: 1, status: 503 });
    check.same(await job.items.list({ count: 5, retry: { backoff: 1 } }), range(0, 5, itemOf), 'the items');
    check.equal((await seen(`/items/${job.key}`)).length, 3, 'the number of requests');
  },

  'goes on after a body that stalls past idleTimeout': async ({ check, job, fault, seen, tideway }) => {
    await fault({ path: `/items/${job.key}`, times: 1, stallAfterRecords: 10 });
    const events = [];
    const records = job.items.iter({ idleTimeout: 400, onResume: (event) => events.push(event) });
    check.same(await records.toArray(), allItems(), 'the items');
    check.equal(events.length, 1, 'the number of resumptions');
    check.ok(tideway.isTimeoutError(events[0].error), 'a TimeoutError');
    check.equal(events[0].error.phase, 'idle', 'the phase');
    check.equal((await seen(`/items/${job.key}`))[0].outcome, 'left', 'what became of the stalled body');
  },

  'ends a stalled download with a TimeoutError': async ({ check, job, fault, seen, tideway }) => {
    await fault({ path: `/items/${job.key}`, times: 1, stallAfterRecords: 10 });
    const download = async () => {
      // Read by hand: of a body that a program made, Chromium's Response tells no error but its own.
      const reader = job.items.download({ format: 'jl', idleTimeout: 400 }).getReader();
      while (!(await reader.read()).done);
    };
    const error = await check.rejects(download(), 'a stalled download');
    check.ok(error instanceof tideway.TimeoutError, `a TimeoutError, got ${error}`);
    check.equal([error.code, error.phase], ['ERR_TIMEOUT', 'idle'], 'the code and the phase');
    const outcome = async () => (await seen(`/items/${job.key}`))[0].outcome;
    await check.eventually(outcome, 'left', 'what became of the body');
  },

  'ends with a TimeoutError when no answer comes, or not all in time': async ({ check, job, fault, tideway }) => {
    await fault({ path: `/items/${job.key}`, latency: 20_000 });
    await fault({ path: `/logs/${job.key}`, recordsPerSecond: 50 });
    const silent = await check.rejects(job.items.list({ timeout: 50, retry: false }), 'a read without an answer');
    check.ok(silent instanceof tideway.TimeoutError, `a TimeoutError, got ${silent}`);
    check.equal(silent.phase, 'headers', 'the phase');
    const slow = await check.rejects(job.logs.list({ deadline: 150 }), 'a read past its deadline');
    check.ok(slow instanceof tideway.TimeoutError, `a TimeoutError, got ${slow}`);
    check.equal(slow.phase, 'deadline', 'the phase');
  },
};

async function resumes({ check, fault, seen, tideway }, job, how) {
  await fault({ path: `/items/${job.key}`, times: 1, ...how });
  const events = [];
  const records = job.items.iter({ onResume: (event) => events.push(event) });
  const items = [];
  for await (const item of records) items.push(item);
  check.same(items, allItems(), 'the items');
  check.equal(records.progress.resumes, 1, 'the number of resumptions');
  check.ok(events[0].error instanceof tideway.ConnectionError, `a ConnectionError, got ${events[0].error}`);
  const requests = await seen(`/items/${job.key}`);
  check.equal(
    requests.map(({ outcome }) => outcome),
    ['broken', 'whole'],
    'what became of the bodies',
  );
  check.equal(new URLSearchParams(requests[1].query).get('startafter'), events[0].lastKey ?? null, 'where it went on');
}
