import { ConfigurationError, ScrapyCloud } from 'tideway';
import { type FrontierLease, scrapyCloudFrontier } from 'tideway/crawl';
import { createEmulator, type Emulator, type ReceivedRequest } from 'tideway/emulator';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { frontierContract } from '../contracts/frontier.ts';
import { rejection, thrown } from '../helpers/rejection.ts';

let emulator: Emulator;
let cloud: ScrapyCloud;
let requests: ReceivedRequest[] = [];
let count = 0;

beforeAll(() => {
  emulator = createEmulator({ projects: [1], onRequest: (request) => void requests.push(request) });
  cloud = new ScrapyCloud({ auth: emulator.apiKey, fetch: emulator.fetch });
});
beforeEach(() => {
  requests = [];
  count++;
});
afterAll(async () => {
  await cloud.close();
  await emulator.close();
});

const project = (): ReturnType<ScrapyCloud['getProject']> => cloud.getProject(1);
/** What another process would have: objects of its own. */
const otherProject = (): ReturnType<ScrapyCloud['getProject']> =>
  new ScrapyCloud({ auth: emulator.apiKey, fetch: emulator.fetch }).getProject(1);
const name = (): string => `crawl-${count}`;

frontierContract('scrapyCloudFrontier()', (options) =>
  scrapyCloudFrontier(project().frontiers.get(`contract-${++count}`), options),
);

describe('scrapyCloudFrontier()', () => {
  it('has a slot for each host, and priorities as the server has them', async () => {
    const frontier = scrapyCloudFrontier(project().frontiers.get(name()));
    await frontier.add([
      { url: 'http://a.example/1', priority: 10 },
      { url: 'http://a.example:8080/2', priority: 1_000 },
      { url: 'http://b.example/3', priority: -1_000 },
    ]);
    const posts = requests.filter(({ method }) => method === 'POST');
    expect(posts.map(({ path }) => path).toSorted()).toEqual([
      `/hcf/1/${name()}/s/a.example`,
      `/hcf/1/${name()}/s/b.example`,
    ]);
    expect(await project().frontiers.get(name()).list()).toEqual(['a.example', 'b.example']);
    const batches = await project().frontiers.get(name()).get('a.example').queue.list();
    expect(batches.flatMap((batch) => batch.requests.map(([fp]) => fp))).toEqual([
      'http://a.example:8080/2',
      'http://a.example/1',
    ]);
  });

  it('deletes a batch when all of it is done, and gives the rest to the next process', async () => {
    const frontier = scrapyCloudFrontier(project().frontiers.get(name()));
    await frontier.add(['http://a.example/1', 'http://a.example/2']);
    await frontier.add(['http://a.example/3', 'http://b.example/4']);
    for (const lease of await frontier.lease(10)) {
      if (!lease.task.url.endsWith('2')) await frontier.ack(lease);
    }
    const next = scrapyCloudFrontier(otherProject().frontiers.get(name()));
    expect(await next.size()).toBe(2);
    const leases = await next.lease(10);
    // The server deletes batches: what is with it in one that is not done comes again.
    expect(leases.map(({ task }) => task.url)).toEqual(['http://a.example/1', 'http://a.example/2']);
    for (const lease of leases) await next.ack(lease);
    expect(await next.size()).toBe(0);
    expect(await next.add(['http://a.example/1', 'http://b.example/4'])).toBe(0);
    expect(await scrapyCloudFrontier(otherProject().frontiers.get(name())).size()).toBe(0);
  });

  it('reads more of a slot once little of it is left, and all of it is handed out once', async () => {
    const frontier = scrapyCloudFrontier(project().frontiers.get(name()));
    const urls = Array.from({ length: 1_050 }, (_, n) => `http://host-${n % 3}.example/${n}`);
    expect(await frontier.add(urls)).toBe(1_050);
    const next = scrapyCloudFrontier(otherProject().frontiers.get(name()));
    expect(await next.size()).toBe(1_050);
    const seen: string[] = [];
    for (let leases = await next.lease(40); leases.length > 0; leases = await next.lease(40)) {
      for (const lease of leases) expect(await next.ack(lease)).toBe(true);
      seen.push(...leases.map(({ task }) => task.url));
    }
    expect(seen.toSorted()).toEqual(urls.toSorted());
    expect(await next.size()).toBe(0);
  });

  it('does not read a slot again of which it knows everything', async () => {
    const frontier = scrapyCloudFrontier(project().frontiers.get(name()));
    await frontier.add(['http://a.example/1']);
    await frontier.lease(1);
    requests = [];
    expect(await frontier.lease(1)).toEqual([]);
    expect(await frontier.size()).toBe(1);
    expect(requests).toEqual([]);
  });

  it('deletes later what could not be deleted when it was done', async () => {
    const frontier = scrapyCloudFrontier(
      new ScrapyCloud({ auth: emulator.apiKey, fetch: emulator.fetch, retry: false })
        .getProject(1)
        .frontiers.get(name()),
    );
    await frontier.add(['http://a.example/1']);
    const [lease] = await frontier.lease(1);
    emulator.faults.push({ method: 'POST', path: /deleted$/, times: 1, status: 503 });
    expect(await rejection(frontier.ack(lease as FrontierLease))).toMatchObject({ status: 503 });
    expect(await frontier.lease(1)).toEqual([]);
    await frontier.close();
    expect(await project().frontiers.get(name()).get('a.example').queue.list()).toEqual([]);
  });

  it('says that requests of another kind are none of its own', async () => {
    const slot = project().frontiers.get(name()).get('a.example');
    await slot.queue.add([{ fp: '/', qdata: { depth: 1 } }]);
    await slot.flush();
    const error = (await rejection(scrapyCloudFrontier(otherProject().frontiers.get(name())).lease(1))) as Error;
    expect(error).toBeInstanceOf(ConfigurationError);
    expect(error.message).toContain('a.example');
  });

  it.each([undefined, null, {}, 'name'])('refuses %o for a frontier', (store) => {
    expect(thrown(() => scrapyCloudFrontier(store as never))).toBeInstanceOf(ConfigurationError);
  });
});
