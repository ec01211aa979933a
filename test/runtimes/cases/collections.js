/** Collections and frontiers of Scrapy Cloud. */
import { itemOf, range } from './seed.js';

export const collectionsCases = {
  'keeps a collection': async ({ check, cloud, fault, tideway }) => {
    const store = cloud.getProject(1).collections.getStore('quotes');
    await store.truncate();
    const records = range(0, 300, (n) => ({ ...itemOf(n), _key: `k${1000 + n}` }));
    await store.set(records.slice(0, 100));
    const writer = store.writer({ size: 50 });
    for (const record of records.slice(100)) await writer.write(record);
    await writer.close();
    check.equal(await store.count(), 300, 'the count');
    check.equal(await store.get('k1007'), itemOf(7), 'a record');
    await fault({ path: '/collections/1/s/quotes', method: 'GET', times: 1, cutAfterBytes: 20_001 });
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
};
