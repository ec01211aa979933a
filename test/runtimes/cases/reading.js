/** Reading a job, as records, batches, streams and files. */
import { allItems, itemOf, logOf, range, requestOf, SIZE, sampleOf, shownOf, sleep } from './seed.js';

export const readingCases = {
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
    await fault({ path: `/items/${job.key}`, times: 1, cutAfterBytes: 10_001 });
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

  'lists jobs and asks for their state': async ({ check, cloud, job, jobCount }) => {
    const project = cloud.getProject(1);
    const keys = [];
    for await (const { key } of project.jobs.iter({ spider: 'seeded' })) keys.push(key);
    check.equal(keys.length, jobCount, 'the number of jobs');
    check.ok(keys.includes(job.key), 'the job among them');
    check.equal(await job.metadata.get('state'), 'finished', 'the state');
    check.equal((await project.spiders.get('seeded')).key, '1/1', 'the key of the spider');
    check.ok(Math.abs((await cloud.serverTimestamp()) - Date.now()) < 60_000, "the server's clock to be about ours");
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
};
