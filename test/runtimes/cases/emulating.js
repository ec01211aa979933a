/** The emulator, without a network. */
import { allItems, itemOf, range, requestOf, SIZE, sampleOf } from './seed.js';

export const emulatingCases = {
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
};
