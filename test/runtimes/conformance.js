/**
 * What the package does in every runtime. Plain JavaScript that uses the standards of the web and nothing else, so that
 * the same file runs in Node, Deno, Bun, workerd and a page of a browser.
 */

import { cacheCases } from './cache-cases.js';
import { fetcherCases } from './fetcher-cases.js';
import { tideCases } from './tide-cases.js';

export const SIZE = 1500;

export const itemOf = (n) => ({ n, text: `Quote ${n}: “Grüße, 世界 👋”\n`.repeat(1 + (n % 4)), page: n >> 5 });
export const logOf = (n) => ({ time: 1_700_000_000_000 + n, level: 10 * (1 + (n % 5)), message: `Line ${n} – ok` });
export const requestOf = (n) => ({
  time: 1_700_000_000_000 + n,
  duration: n % 100,
  status: n % 7 ? 200 : 404,
  method: 'GET',
  rs: 10 * n,
  url: `http://example.com/${n}`,
});
export const sampleOf = (n) => [1_700_000_000_000 + n, n, n % 3];

/** A case that goes on for longer fails, so that it is known which one does. In milliseconds. */
const LONGEST_CASE = 15_000;

const sleep = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));
const range = (from, to, of) => Array.from({ length: to - from }, (_, index) => of(from + index));
const allItems = () => range(0, SIZE, itemOf);

function shorten(value) {
  const text = JSON.stringify(value) ?? String(value);
  return text.length > 300 ? `${text.slice(0, 300)}… (${text.length} characters)` : text;
}

/** The part of a case that asserts. */
class Check {
  count = 0;

  ok(condition, what) {
    this.count++;
    if (!condition) throw new Error(`Expected ${what}`);
  }

  equal(actual, expected, what) {
    this.ok(
      JSON.stringify(actual) === JSON.stringify(expected),
      `${what} to be ${shorten(expected)}, got ${shorten(actual)}`,
    );
  }

  /** The same without the texts of both in the message, which would be long. */
  same(actual, expected, what) {
    this.equal(actual.length, expected.length, `the length of ${what}`);
    const at = expected.findIndex((one, index) => JSON.stringify(one) !== JSON.stringify(actual[index]));
    this.ok(at < 0, `${what} to have ${shorten(expected[at])} at ${at}, got ${shorten(actual[at])}`);
  }

  async rejects(promise, what) {
    const result = await promise.then(
      (value) => ({ value }),
      (error) => ({ error }),
    );
    this.ok('error' in result, `${what} to reject, got ${shorten(result.value)}`);
    return result.error;
  }

  /** Looks until the answer is the right one: what happens at the other end takes its time. */
  async eventually(look, expected, what) {
    let actual;
    for (let wait = 1; wait < 1500; wait *= 2) {
      actual = await look();
      if (JSON.stringify(actual) === JSON.stringify(expected)) break;
      await sleep(wait);
    }
    this.equal(actual, expected, what);
  }
}

const cases = {
  'reads all items, in order': async ({ check, job }) => {
    const records = job.items.iter();
    const items = [];
    for await (const item of records) items.push(item);
    check.same(items, allItems(), 'the items');
    const { delivered, bytes, resumes, lastKey } = records.progress;
    check.equal(
      { delivered, resumes, lastKey },
      { delivered: SIZE, resumes: 0, lastKey: `${job.key}/${SIZE - 1}` },
      'the progress',
    );
    check.ok(bytes > 100_000, `more than 100 000 bytes, got ${bytes}`);
  },

  'asks for nothing before the first record is wanted': async ({ check, job, seen }) => {
    const records = job.items.iter();
    await sleep(20);
    check.equal((await seen(`/items/${job.key}`)).length, 0, 'the number of requests');
    check.equal(await records.first(), itemOf(0), 'the first item');
    check.equal((await seen(`/items/${job.key}`)).length, 1, 'the number of requests');
  },

  'reads compressed bodies': async ({ check, job, seen }) => {
    check.same(await job.items.list(), allItems(), 'the items');
    const [request] = await seen(`/items/${job.key}`);
    check.equal(request.encoding, 'gzip', 'the encoding of the answer');
  },

  'reads plain bodies': async ({ check, plainJob, seen }) => {
    check.same(await plainJob.items.list(), allItems(), 'the items');
    const [request] = await seen(`/items/${plainJob.key}`);
    check.equal(request.encoding, null, 'the encoding of the answer');
  },

  'reads a part of the items': async ({ check, job }) => {
    check.same(await job.items.list({ count: 3 }), range(0, 3, itemOf), 'the first three');
    check.same(await job.items.list({ offset: SIZE - 2 }), range(SIZE - 2, SIZE, itemOf), 'the last two');
    check.same(
      await job.items.list({ startAfter: `${job.key}/9`, count: 2 }),
      range(10, 12, itemOf),
      'two after the tenth',
    );
    check.same(await job.items.list({ filter: ['page', '=', [1]] }), range(32, 64, itemOf), 'those of a page');
    check.equal(await job.items.get(7), itemOf(7), 'the item 7');
    check.equal(await job.items.get(SIZE), undefined, 'an item that is not there');
    check.equal(
      await job.items.list({ count: 1, meta: '_key' }),
      [{ ...itemOf(0), _key: `${job.key}/0` }],
      'an item with its key',
    );
    check.equal((await job.items.stats()).totals.input_values, SIZE, 'the number of items');
  },

  'reads a log, also from a level on': async ({ check, job }) => {
    check.same(await job.logs.list(), range(0, SIZE, logOf), 'the log');
    const errors = range(0, SIZE, logOf).filter(({ level }) => level >= 40);
    check.same(await job.logs.list({ level: 'ERROR' }), errors, 'the errors');
  },

  'reads requests and samples': async ({ check, job }) => {
    check.same(await job.requests.list(), range(0, SIZE, requestOf), 'the requests');
    check.same(await job.samples.list(), range(0, SIZE, sampleOf), 'the samples');
  },

  'reads in batches, of a size and as they come': async ({ check, fault, job }) => {
    const sizes = [];
    const items = [];
    for await (const batch of job.items.iter().batches(400)) {
      sizes.push(batch.length);
      items.push(...batch);
    }
    check.equal(sizes, [400, 400, 400, 300], 'the sizes');
    check.same(items, allItems(), 'the items');
    // Spread over time: some runtimes hand over a short body as a whole.
    await fault({ path: `/items/${job.key}`, recordsPerSecond: 5000 });
    const batches = [];
    for await (const batch of job.items.iter().batches()) batches.push(batch);
    check.ok(
      batches.length > 1 && batches.every((batch) => batch.length > 0),
      'more than one batch, none of them empty',
    );
    check.same(batches.flat(), allItems(), 'the items');
  },

  'reads as a stream of the web': async ({ check, job }) => {
    const items = [];
    const reader = job.items.iter().toReadableStream().getReader();
    for (let step = await reader.read(); !step.done; step = await reader.read()) items.push(step.value);
    check.same(items, allItems(), 'the items');
  },

  'goes on after a compressed body that is cut between two records': (context) =>
    resumes(context, context.job, { cutAfterRecords: 700 }),
  'goes on after a compressed body that is cut inside a record': (context) =>
    resumes(context, context.job, { cutAfterBytes: 70_001 }),
  'goes on after a plain body that is cut between two records': (context) =>
    resumes(context, context.plainJob, { cutAfterRecords: 700 }),
  'goes on after a plain body that is cut inside a record': (context) =>
    resumes(context, context.plainJob, { cutAfterBytes: 70_001 }),

  'goes on after samples that are cut, which have no keys': async ({ check, job, fault }) => {
    await fault({ path: `/samples/${job.key}`, times: 2, cutAfterRecords: 600 });
    const records = job.samples.iter({ count: 1200 });
    check.same(await records.toArray(), range(0, 1200, sampleOf), 'the samples');
    check.equal(records.progress.resumes, 2, 'the number of resumptions');
  },

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

  'frees the socket when a loop is left early': async (context) => {
    const { check, job } = context;
    for (const leave of [
      async (records) => {
        for await (const _ of records) break;
      },
      async (records) => {
        for await (const _ of records.batches()) break;
      },
      async (records) => {
        const error = new Error('mine');
        const loop = async () => {
          for await (const _ of records) throw error;
        };
        check.ok((await check.rejects(loop(), 'a loop that throws')) === error, 'the error that was thrown');
      },
      async (records) => {
        const reader = records.toReadableStream().getReader();
        await reader.read();
        await reader.cancel();
      },
      (records) => records.first(),
    ]) {
      await leavesSocket(context, job, leave);
    }
  },

  'frees the socket of a read that waits when it is disposed of': (context) =>
    leavesSocket(context, context.job, async (records) => {
      const iterator = records[Symbol.asyncIterator]();
      for (let n = 0; n < 5; n++) await iterator.next();
      const waiting = iterator.next();
      await records[Symbol.asyncDispose]();
      context.check.equal((await waiting).done, true, 'the end of a read that waited');
    }),

  'rejects with the reason of a signal while a body is read': async (context) => {
    const { check, job } = context;
    await leavesSocket(context, job, async (records, abort) => {
      const reason = new Error('enough');
      const read = (async () => {
        for await (const item of records) if (item.n === 3) setTimeout(() => abort(reason), 10);
      })();
      check.ok((await check.rejects(read, 'an aborted read')) === reason, "the signal's own reason");
    });
  },

  'rejects with the reason of a signal before an answer comes': async ({ check, job, fault }) => {
    await fault({ path: `/items/${job.key}`, latency: 20_000 });
    const controller = new AbortController();
    const read = job.items.list({ signal: controller.signal });
    setTimeout(() => controller.abort('a text'), 30);
    check.equal(await check.rejects(read, 'an aborted read'), 'a text', 'the reason');
    const timed = await check.rejects(job.items.list({ signal: AbortSignal.timeout(30) }), 'a read out of time');
    check.equal(timed.name, 'TimeoutError', "the name of the platform's own reason");
    const early = await check.rejects(job.items.list({ signal: AbortSignal.abort('before') }), 'a read aborted before');
    check.equal(early, 'before', 'the reason');
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

  'follows a job that it has run': async ({ check, cloud }) => {
    const job = await cloud.getProject(1).jobs.run('live', { jobArgs: { greeting: 'Grüße & 世界' }, addTag: 'new' });
    check.ok(job instanceof Object && job.key.startsWith('1/'), 'a job');
    const follow = { interval: 20 };
    const [items, messages, state] = await Promise.all([
      job.items.iter({ follow }).toArray(),
      job.logs.iter({ follow }).toArray(),
      job.waitFor('finished', { interval: 20 }),
    ]);
    check.same(
      items,
      range(0, 60, (n) => ({ n, greeting: 'Grüße & 世界' })),
      'the items',
    );
    check.equal(
      messages.map(({ message }) => message),
      ['begin', 'end'],
      'the log',
    );
    check.equal(state, 'finished', 'the state');
    check.equal(await job.metadata.get('tags'), ['new'], 'the tags');
  },

  'reads ranges side by side and delivers them in order': async ({ check, job, fault, seen }) => {
    await fault({ path: `/items/${job.key}`, times: 1, cutAfterRecords: 100 });
    const records = job.items.iter({ parallel: 4 });
    check.same(await records.toArray(), allItems(), 'the items');
    check.equal(records.progress.resumes, 1, 'the number of resumptions');
    check.ok((await seen(`/items/${job.key}`)).length >= 5, 'four ranges and a resumption');
  },

  'checks and changes records by a schema': async ({ check, job, tideway }) => {
    const schemaOf = (validate) => ({ '~standard': { version: 1, vendor: 'test', validate } });
    const doubled = schemaOf(async ({ n }) => ({ value: 2 * n }));
    check.same(
      await job.items.list({ schema: doubled }),
      range(0, SIZE, (n) => 2 * n),
      'the changed items',
    );
    const small = schemaOf((value) => (value.n < 5 ? { value } : { issues: [{ message: 'too big', path: ['n'] }] }));
    const delivered = [];
    const read = async () => {
      for await (const item of job.items.iter({ schema: small })) delivered.push(item);
    };
    const error = await check.rejects(read(), 'a read of a bad record');
    check.ok(error instanceof tideway.SchemaError, `a SchemaError, got ${error}`);
    check.same(delivered, range(0, 5, itemOf), 'the items before it');
  },

  'downloads a format that the server writes': async ({ check, job }) => {
    const csv = job.items.download({ format: 'csv', fields: ['n', 'page'], includeHeaders: true });
    const lines = (await new Response(csv).text()).trim().split(/\r?\n/);
    check.equal(lines.length, SIZE + 1, 'the number of lines');
    check.equal([lines[0], lines[33]], ['n,page', '32,1'], 'two lines');
    const bytes = new Uint8Array(await new Response(job.items.download({ format: 'msgpack', count: 2 })).arrayBuffer());
    check.ok(bytes.length > 20 && bytes[0] === 0x83, 'a map of three fields in msgpack');
  },

  'lists jobs and asks for their state': async ({ check, cloud, job }) => {
    const project = cloud.getProject(1);
    const keys = [];
    for await (const { key } of project.jobs.iter({ spider: 'seeded' })) keys.push(key);
    check.equal(keys.length, caseNames.length, 'the number of jobs');
    check.ok(keys.includes(job.key), 'the job among them');
    check.equal(await job.metadata.get('state'), 'finished', 'the state');
    check.equal((await project.spiders.get('seeded')).key, '1/1', 'the key of the spider');
    check.ok(Math.abs((await cloud.serverTimestamp()) - Date.now()) < 60_000, "the server's clock to be about ours");
  },

  'says in typed errors what a server refuses': async ({ check, cloudWith, cloud, tideway, options }) => {
    const stranger = cloudWith({ auth: () => `Basic ${btoa(`${'0'.repeat(32)}:`)}` });
    const unknown = await check.rejects(stranger.getJob('1/1/1').items.list(), 'a read of a stranger');
    check.ok(unknown instanceof tideway.UnauthorizedError, `an UnauthorizedError, got ${unknown}`);
    check.equal(
      [unknown.status, unknown.code, unknown.method, unknown.path],
      [401, 'ERR_UNAUTHORIZED', 'GET', '/items/1/1/1'],
      'what it says',
    );
    const spider = await check.rejects(cloud.getProject(1).spiders.get('nobody'), 'an unknown spider');
    check.ok(
      spider instanceof tideway.NotFoundError && tideway.isNotFoundError(spider),
      `a NotFoundError, got ${spider}`,
    );
    const refused = await check.rejects(cloud.getProject(1).jobs.run('nobody'), 'a job of an unknown spider');
    check.ok(refused instanceof tideway.BadRequestError, `a BadRequestError, got ${refused}`);
    const foreign = await check.rejects(cloud.getProject(999).spiders.list(), 'a foreign project');
    check.ok(foreign instanceof tideway.ForbiddenError, `a ForbiddenError, got ${foreign}`);
    for (const error of [unknown, spider, refused, foreign]) {
      check.ok(error instanceof tideway.ApiError && error instanceof Error, 'an ApiError');
      check.ok(!shownOf(error).includes(options.apiKey), 'an error without the key');
    }
  },

  'says in a ConnectionError that nobody listens': async ({ check, cloudWith, tideway, options }) => {
    const nowhere = cloudWith({ endpoint: options.deadEndpoint, retry: { attempts: 2, backoff: 1 } });
    const error = await check.rejects(nowhere.getJob('1/1/1').items.list(), 'a read of nobody');
    check.ok(error instanceof tideway.ConnectionError, `a ConnectionError, got ${error}`);
    check.equal(error.code, 'ERR_CONNECTION', 'the code');
    check.ok(!shownOf(error).includes(options.apiKey), 'an error without the key');
  },

  'says in a StreamInterruptedError that a read cannot go on': async ({ check, job, fault, tideway }) => {
    await fault({ path: `/items/${job.key}`, times: 1, cutAfterRecords: 20 });
    await fault({ path: `/items/${job.key}`, status: 403 });
    const items = [];
    const read = async () => {
      for await (const item of job.items.iter()) items.push(item);
    };
    const error = await check.rejects(read(), 'a read that is cut and refused');
    check.ok(error instanceof tideway.StreamInterruptedError, `a StreamInterruptedError, got ${error}`);
    check.ok(error.cause instanceof tideway.ForbiddenError, `a ForbiddenError as its cause, got ${error.cause}`);
    check.equal(error.delivered, items.length, 'the number that were delivered');
    check.same(items, range(0, items.length, itemOf), 'the items before');
  },

  'does not follow a redirect': async ({ check, job, fault, seen, tideway, options }) => {
    const location = `${options.endpoint}logs/${job.key}`;
    await fault({ path: `/items/${job.key}`, status: 302, headers: { location } });
    const error = await check.rejects(job.items.list(), 'a read that is redirected');
    check.ok(error instanceof tideway.RedirectError, `a RedirectError, got ${error}`);
    const origin = new URL(options.endpoint).origin;
    check.equal(error.target ?? null, options.isBrowser ? null : origin, 'where it leads');
    check.equal((await seen(`/logs/${job.key}`)).length, 0, 'the number of requests to the target');
  },

  'signs every request, and names itself where it may': async ({ check, job, seen, options }) => {
    await job.items.iter().first();
    const [{ headers }] = await seen(`/items/${job.key}`);
    check.equal(headers.authorization, `Basic ${btoa(`${options.apiKey}:`)}`, 'the header');
    check.equal(/^tideway\/\d/.test(headers['user-agent']), !options.isBrowser, 'whether it names itself');
  },

  'takes a key as text where no stranger can read it': async ({ check, cloudWith, job, options, tideway }) => {
    const auth = options.apiKey;
    if (options.isBrowser) {
      const error = await check.rejects((async () => cloudWith({ auth }))(), 'a key in a page');
      check.ok(error instanceof tideway.ConfigurationError, `a ConfigurationError, got ${error}`);
      check.ok(error.message.includes('dangerouslyAllowBrowser'), `the way out in its message, got ${error}`);
      check.ok(!shownOf(error).includes(auth), 'an error without the key');
    }
    const cloud = cloudWith({ auth, dangerouslyAllowBrowser: options.isBrowser });
    check.same(await cloud.getJob(job.key).items.list({ count: 2 }), range(0, 2, itemOf), 'the items');
  },

  'reads many jobs at once': async ({ check, cloud }) => {
    const keys = range(1, 13, (n) => `1/1/${n}`);
    const counts = await Promise.all(keys.map(async (key) => (await cloud.getJob(key).requests.list()).length));
    check.equal(
      counts,
      keys.map(() => SIZE),
      'the numbers of requests',
    );
  },

  'ends what is under way when it is closed': async ({ check, cloudWith, job, fault, seen, tideway }) => {
    await fault({ path: `/items/${job.key}`, stallAfterRecords: 10 });
    const cloud = cloudWith({});
    const iterator = cloud.getJob(job.key).items.iter()[Symbol.asyncIterator]();
    for (let n = 0; n < 10; n++) await iterator.next();
    const waiting = iterator.next();
    await cloud.close();
    const error = await check.rejects(waiting, 'a read of a closed client');
    check.ok(error instanceof tideway.ConfigurationError, `a ConfigurationError, got ${error}`);
    const outcome = async () => (await seen(`/items/${job.key}`))[0]?.outcome;
    await check.eventually(outcome, 'left', 'what became of the body');
  },

  'emulates the server without a network': async ({ check, emulate, tideway }) => {
    const emulator = emulate({
      projects: [7],
      spiders: {
        quotes: async ({ args, items, logs, requests, samples }) => {
          logs.info(`Hello ${args.name}`);
          for (let n = 0; n < SIZE; n++) await items.write(itemOf(n));
          await requests.add(requestOf(0));
          await samples.write(sampleOf(0));
        },
      },
    });
    const cloud = new tideway.ScrapyCloud({
      auth: () => `Basic ${btoa(`${emulator.apiKey}:`)}`,
      fetch: emulator.fetch,
    });
    const job = await cloud.getProject(7).jobs.run('quotes', { jobArgs: { name: '世界' } });
    check.same(await job.items.list({ follow: { interval: 5 } }), allItems(), 'the items of a followed job');
    check.equal(await job.waitFor('finished', { interval: 5 }), 'finished', 'the state');
    emulator.faults.push({ path: `/items/${job.key}`, times: 1, cutAfterRecords: 1000 });
    const records = job.items.iter();
    check.same(await records.toArray(), allItems(), 'the items');
    check.equal(records.progress.resumes, 1, 'the number of resumptions');
    check.equal(
      (await job.logs.list()).map(({ message }) => message),
      ['Hello 世界'],
      'the log',
    );
    check.same(await job.requests.list(), [requestOf(0)], 'the requests');
    check.same(await job.samples.list(), [sampleOf(0)], 'the samples');
    const csv = await new Response(job.items.download({ format: 'csv', fields: ['n'], count: 2 })).text();
    check.equal(csv.trim().split(/\r?\n/), ['0', '1'], 'the CSV');
    const error = await check.rejects(cloud.getProject(7).spiders.get('nobody'), 'an unknown spider');
    check.ok(error instanceof tideway.NotFoundError, `a NotFoundError, got ${error}`);
    await emulator.close();
  },

  'emulates faults, silence and aborts without a network': async ({ check, emulate, tideway }) => {
    const seed = { jobs: [{ spider: 'a', items: range(0, 50, itemOf) }] };
    const emulator = emulate({ projects: [7], seed, faults: [{ path: '/items/7/1/1', stallAfterRecords: 5 }] });
    const cloud = new tideway.ScrapyCloud({
      auth: () => `Basic ${btoa(`${emulator.apiKey}:`)}`,
      fetch: emulator.fetch,
    });
    const { items } = cloud.getJob('7/1/1');
    const controller = new AbortController();
    const delivered = [];
    const read = (async () => {
      for await (const item of items.iter({ signal: controller.signal })) {
        if (delivered.push(item) === 5) setTimeout(() => controller.abort('enough'), 10);
      }
    })();
    check.equal(await check.rejects(read, 'an aborted read'), 'enough', 'the reason');
    check.same(delivered, range(0, 5, itemOf), 'the items before');
    emulator.faults = [{ path: '/items/7/1/1', times: 1, drop: 'before' }];
    check.same(await items.list({ retry: { backoff: 1 } }), range(0, 50, itemOf), 'the items');
    emulator.faults = [{ status: 500 }];
    const error = await check.rejects(items.list({ retry: false }), 'a read of a broken server');
    check.ok(error instanceof tideway.ServerError, `a ServerError, got ${error}`);
    await emulator.close();
    const closed = await check.rejects(items.list({ retry: false }), 'a read of a closed emulator');
    check.ok(closed instanceof tideway.ConnectionError, `a ConnectionError, got ${closed}`);
  },

  'writes a job, compressed and plain': async ({ check, cloud }) => {
    const job = await pushed(cloud);
    const bytes = [];
    for (const contentEncoding of ['gzip', 'identity']) {
      const writer = job.items.writer({ size: 500, contentEncoding, onBatch: (batch) => bytes.push(batch.bytes) });
      for (const item of allItems()) await writer.write(item);
      await writer.close();
    }
    check.same(await job.items.list(), [...allItems(), ...allItems()], 'the items');
    check.equal(bytes.length, 6, 'the number of batches');
    check.ok(bytes[0] * 5 < bytes[3], `a body that gzip makes smaller, got ${bytes}`);
    const parent = await job.requests.add({ ...requestOf(0), ts: 5 });
    await job.requests.add({ ...requestOf(1), ts: 6, parent });
    await job.logs.error('Grüße, 世界 👋', { ts: 7 });
    await job.samples.write(sampleOf(0));
    await job.closeWriters();
    check.equal(
      (await job.requests.list()).map((request) => request.parent ?? null),
      [null, 0],
      'the parents',
    );
    check.equal(await job.logs.list(), [{ time: 7, level: 40, message: 'Grüße, 世界 👋' }], 'the log');
    check.same(await job.samples.list(), [sampleOf(0)], 'the samples');
  },

  'stores a batch once, however often it is sent': async ({ check, cloudWith, fault }) => {
    const cloud = cloudWith({ retry: { backoff: 1 }, timeout: 1_000 });
    const job = await pushed(cloud);
    const batches = { method: 'POST', path: `/items/${job.key}`, times: 1 };
    await fault({ ...batches, drop: 'after' });
    await fault({ ...batches, status: 503 });
    await fault({ ...batches, drop: 'before' });
    await fault({ ...batches, latency: 10_000 });
    for (const inFlight of [1, 2]) {
      const writer = job.items.writer({ size: 100, inFlight });
      for (const item of allItems()) await writer.write(item);
      await writer.close();
    }
    check.same(await job.items.list(), [...allItems(), ...allItems()], 'the items');
    await cloud.close();
  },

  'hands back what could not be stored': async ({ check, cloudWith, fault, tideway }) => {
    const cloud = cloudWith({ retry: { attempts: 2, backoff: 1 } });
    const job = await pushed(cloud);
    const writer = job.items.writer({ size: 100 });
    for (const item of range(0, 100, itemOf)) await writer.write(item);
    await writer.flush();
    await fault({ method: 'POST', path: `/items/${job.key}`, status: 503 });
    for (const item of range(100, 150, itemOf)) await writer.write(item);
    const error = await check.rejects(writer.close(), 'a writer of a server that is down');
    check.ok(error instanceof tideway.UnsavedRecordsError, `an UnsavedRecordsError, got ${error}`);
    check.equal(error.start, 100, 'where they begin');
    check.same(error.records, range(100, 150, itemOf), 'the records');
    check.same(writer.unsaved(), range(100, 150, itemOf), 'the records');
    check.same(await job.items.list(), range(0, 100, itemOf), 'the items');
    const bad = await check.rejects(job.logs.log(5), 'a message that is no text');
    check.ok(bad instanceof tideway.ConfigurationError, `a ConfigurationError, got ${bad}`);
    const big = await check.rejects(job.samples.write(range(0, 600_000, () => 12)), 'a sample of 1.8 MB');
    check.ok(big instanceof tideway.ValueTooLargeError, `a ValueTooLargeError, got ${big}`);
  },

  'runs the queue, tags, metadata, settings and activity': async ({ check, cloud, tideway }) => {
    const project = cloud.getProject(1);
    const job = await project.jobs.push('queued', { priority: 4, unique: 'one', note: 'Grüße' });
    const again = await check.rejects(project.jobs.push('queued', { unique: 'one' }), 'a job that is there');
    check.ok(again instanceof tideway.DuplicateJobError, `a DuplicateJobError, got ${again}`);
    check.equal((await project.jobs.startNext({ host: 'worker' })).key, job.key, 'the job whose turn it is');
    await job.metadata.update({ score: 7, passed: true });
    await job.metadata.delete('note');
    check.equal(await job.metadata.get('score'), 7, 'a field');
    check.equal(await job.metadata.get('note'), null, 'a field that is gone');
    check.equal(await job.finish({ close_reason: 'finished' }), 'running', 'the state before');
    await job.updateTags({ add: ['a', 'b'] });
    check.equal(await job.metadata.get('tags'), ['a', 'b'], 'the tags');
    await project.settings.update({ delay: 2, level: 'INFO' });
    check.equal(await project.settings.get('delay'), 2, 'a setting');
    await project.settings.delete('delay');
    await project.activity.add({ event: 'deploy', note: '世界' });
    check.equal((await project.activity.iter({ count: 1 }).first()).note, '世界', 'the newest event');
    const jobs = await project.jobs.runAll([{ spider: 'live' }, { spider: 'live', jobArgs: { a: '1' } }]);
    const ended = await project.jobs.waitForAll(
      jobs.map((run) => run.job),
      { interval: 20 },
    );
    check.equal(
      ended.map(({ state }) => state),
      ['finished', 'finished'],
      'the states',
    );
  },

  'keeps a collection': async ({ check, cloud, fault, tideway }) => {
    const store = cloud.getProject(1).collections.getStore('quotes');
    await store.truncate();
    const records = range(0, 300, (n) => ({ ...itemOf(n), _key: `k${1000 + n}` }));
    await store.set(records.slice(0, 100));
    await using writer = store.writer({ size: 50 });
    for (const record of records.slice(100)) await writer.write(record);
    await writer.close();
    check.equal(await store.count(), 300, 'the count');
    check.equal(await store.get('k1007'), itemOf(7), 'a record');
    await fault({ path: '/collections/1/s/quotes', method: 'GET', times: 1, cutAfterRecords: 123 });
    check.same(await store.iter({ retry: { backoff: 1 } }).toArray(), records, 'the records, after a cut');
    check.same(await store.list({ prefix: 'k105' }), records.slice(50, 60), 'the records of a prefix');
    const many = await store.getMany(['k1001', 'nobody', 'k1002']);
    check.equal([...many.keys()], ['k1001', 'k1002'], 'the keys of those that exist');
    await store.delete(['k1000', 'k1001']);
    const gone = await check.rejects(store.get('k1000'), 'a record that is gone');
    check.ok(gone instanceof tideway.NotFoundError, `a NotFoundError, got ${gone}`);
    check.equal(await store.count(), 298, 'the count');
  },

  'keeps a frontier': async ({ check, cloud }) => {
    const { frontiers } = cloud.getProject(1);
    const slot = frontiers.get('crawl').get('example.com');
    await slot.delete();
    await slot.queue.add(range(0, 250, (n) => ({ fp: `/${n}`, qdata: { n } })));
    await slot.queue.add({ fp: '/1' });
    await frontiers.flush();
    check.equal([slot.newCount, frontiers.newCount], [250, 250], 'how many are new');
    const seen = [];
    const { handled, failed } = await slot.queue.consume(
      ({ requests }) => {
        seen.push(...requests.map(([, { n }]) => n));
      },
      { concurrency: 2 },
    );
    check.equal(failed, 0, 'the batches that failed');
    check.ok(handled >= 3, `at least three batches, got ${handled}`);
    check.same(
      seen.sort((one, other) => one - other),
      range(0, 250, (n) => n),
      'the requests',
    );
    check.equal(await slot.queue.list(), [], 'what is left');
    check.equal((await slot.fingerprints.list()).length, 250, 'the fingerprints, which stay');
    await frontiers.close();
  },

  'compresses as the server does': async ({ check, emulate }) => {
    const emulator = emulate({ projects: [7], seed: { jobs: [{ spider: 'a', items: allItems() }] } });
    const headers = { authorization: `Basic ${btoa(`${emulator.apiKey}:`)}`, 'accept-encoding': 'gzip' };
    const ask = async () => {
      // A page cannot make such a request.
      const request = new Request('https://storage.zyte.com/items/7/1/1', { headers });
      return { asked: request.headers.get('accept-encoding'), answer: await emulator.handle(request) };
    };
    const lines = allItems().map((item) => JSON.stringify(item));
    for (const faults of [[], [{ recordsPerSecond: 1_000_000 }]]) {
      emulator.faults = faults;
      const { asked, answer } = await ask();
      check.equal(answer.headers.get('content-encoding'), asked, 'the encoding');
      const body = asked ? answer.body.pipeThrough(new DecompressionStream('gzip')) : answer.body;
      check.same((await new Response(body).text()).trim().split('\n'), lines, 'the lines');
    }
    await emulator.close();
  },

  ...cacheCases,
  ...fetcherCases,
  ...tideCases,
};

/** A job that runs, and has nothing stored. */
function pushed(cloud) {
  return cloud.getProject(1).jobs.push('written', { state: 'running' });
}

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

/** Reads a body that has more to come for a long time, and expects the server to see that its reader left. */
async function leavesSocket({ check, fault, seen, clear }, job, leave) {
  await clear();
  await fault({ path: `/items/${job.key}`, stallAfterRecords: 5 });
  const controller = new AbortController();
  const outcomes = async () => (await seen(`/items/${job.key}`)).map(({ outcome }) => outcome);
  await leave(job.items.iter({ signal: controller.signal }), (reason) => controller.abort(reason));
  await check.eventually(outcomes, ['left'], 'what became of the body');
}

function shownOf(error) {
  const { cause } = error;
  return `${error} ${error.stack} ${JSON.stringify(error)} ${cause ? shownOf(cause) : ''}`;
}

export const caseNames = Object.keys(cases);

export async function runCase(name, { tideway, emulator, cache, fetcher, tide }, options) {
  const check = new Check();
  const key = `1/1/${caseNames.indexOf(name) + 1}`;
  const cloudWith = (more) =>
    new tideway.ScrapyCloud({
      auth: () => `Basic ${btoa(`${options.apiKey}:`)}`,
      endpoint: options.endpoint,
      dashEndpoint: options.dashEndpoint,
      ...more,
    });
  const { acceptEncoding } = options;
  const beforeRequest = ({ request }) => {
    if (acceptEncoding) request.headers.set('accept-encoding', acceptEncoding);
  };
  const cloud = cloudWith({ hooks: { beforeRequest } });
  const plain = cloudWith({ endpoint: options.plainEndpoint });
  const tell = async (path, body) => {
    const answer = await fetch(options.control + path, { method: 'POST', body: JSON.stringify(body) });
    if (!answer.ok) throw new Error(`The control answered ${answer.status}: ${await answer.text()}`);
    return answer.json();
  };
  const context = {
    cache,
    check,
    cloud,
    cloudWith,
    emulate: emulator.createEmulator,
    fetcher,
    fault: (fault) => tell('/fault', fault),
    itemsOf: allItems,
    clear: () => tell('/clear', {}),
    job: cloud.getJob(key),
    options,
    plainJob: plain.getJob(key),
    seen: (path) => tell('/seen', { path }),
    tide,
    tideway,
  };
  let timer;
  try {
    const late = new Promise((_, reject) => {
      timer = setTimeout(() => reject(new Error(`Not done after ${LONGEST_CASE} ms`)), LONGEST_CASE);
    });
    await context.clear();
    await Promise.race([cases[name](context), late]);
    return { name, checks: check.count };
  } catch (error) {
    const shown = error instanceof Error ? `${error}\n${error.stack}` : `Thrown: ${String(error)}`;
    return { name, checks: check.count, error: shown };
  } finally {
    clearTimeout(timer);
    await Promise.all([cloud.close(), plain.close()]);
  }
}
