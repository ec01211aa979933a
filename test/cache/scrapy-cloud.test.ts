import { ScrapyCloud } from 'tideway';
import { cachedFetch, type MemoryCache, memoryCache } from 'tideway/cache';
import { type EmulatorServer, serveEmulator } from 'tideway/node';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

const SIZE = 20_000;
let server: EmulatorServer;
let cache: MemoryCache;
let sent: string[];

beforeEach(async () => {
  const items = Array.from({ length: SIZE }, (_, n) => ({ n, text: `Quote ${n} `.repeat(5) }));
  server = await serveEmulator({
    projects: [123],
    seed: { jobs: [{ spider: 'quotes', items }, { spider: 'quotes' }] },
  });
  cache = memoryCache({ storeCredentialed: true, ttl: 3_600_000 });
  sent = [];
});

afterEach(() => server.close());

function cloudWith(auth: string = server.emulator.apiKey): ScrapyCloud {
  const below = (request: Request): Promise<Response> => {
    sent.push(`${request.method} ${new URL(request.url).pathname}`);
    return fetch(request);
  };
  const { dashEndpoint, endpoint } = server;
  return new ScrapyCloud({ auth, endpoint, dashEndpoint, fetch: cachedFetch(cache, { fetch: below }) });
}

describe('Scrapy Cloud through a cache', () => {
  it('reads a finished job once over the network, and then from the cache', async () => {
    await using cloud = cloudWith();
    const { items } = cloud.getJob('123/1/1');
    let count = 0;
    for await (const item of items.iter<{ n: number }>()) expect(item.n).toBe(count++);
    expect(count).toBe(SIZE);
    await vi.waitFor(() => expect(cache.size.entries).toBe(1));
    expect((await items.list<{ n: number }>()).map(({ n }) => n)).toEqual(Array.from({ length: SIZE }, (_, n) => n));
    expect(sent).toEqual(['GET /items/123/1/1']);
    await server.close();
    expect(await items.list()).toHaveLength(SIZE);
  });

  it('delivers the first records long before the last ones came', async () => {
    server.emulator.faults.push({ path: '/items/123/1/1', recordsPerSecond: 5000, times: 1 });
    await using cloud = cloudWith();
    for await (const _ of cloud.getJob('123/1/1').items.iter()) break;
    // Until the request is given up.
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(cache.size.entries).toBe(0);
    expect(await cloud.getJob('123/1/1').items.list()).toHaveLength(SIZE);
    expect(sent).toHaveLength(2);
  });

  it('stores nothing of a read that was cut, and delivers all records all the same', async () => {
    server.emulator.faults.push({ path: '/items/123/1/1', times: 1, cutAfterRecords: 15_000 });
    await using cloud = cloudWith();
    const records = cloud.getJob('123/1/1').items.iter();
    expect(await records.toArray()).toHaveLength(SIZE);
    expect(records.progress.resumes).toBe(1);
    expect(sent).toHaveLength(2);
  });

  it('forgets the list of items that is written to', async () => {
    await using cloud = cloudWith();
    const job = await cloud.getProject(123).jobs.push('quotes', { state: 'running' });
    expect(await job.metadata.get('color')).toBeNull();
    await job.metadata.update({ color: 'red' });
    sent.splice(0);
    await job.metadata.update({ color: 'blue' });
    expect(sent).toEqual([`POST /jobs/${job.key}`]);
  });

  it('keeps accounts apart, and passes by what is signed unless it is told otherwise', async () => {
    await using cloud = cloudWith();
    await cloud.getJob('123/1/1').items.list({ count: 5 });
    await vi.waitFor(() => expect(cache.size.entries).toBe(1));
    await using stranger = cloudWith('0'.repeat(32));
    await expect(stranger.getJob('123/1/1').items.list({ count: 5 })).rejects.toMatchObject({ status: 401 });
    cache = memoryCache();
    await using plain = cloudWith();
    for (const _ of [1, 2]) await plain.getJob('123/1/1').items.list({ count: 5 });
    expect(sent).toHaveLength(4);
  });
});
