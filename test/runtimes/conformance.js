/**
 * What the package does in every runtime. Plain JavaScript that uses the standards of the web and nothing else, so that
 * the same files run in Node, Deno, Bun, workerd and pages of browsers.
 */
import { cacheCases, cacheStorageCases, indexedDbCases } from './cases/cache.js';
import { Check } from './cases/check.js';
import { collectionsCases } from './cases/collections.js';
import { crawlCases } from './cases/crawl.js';
import { emulatingCases } from './cases/emulating.js';
import { fetcherCases, redirectCases } from './cases/fetcher.js';
import { gatewayCases } from './cases/gateway.js';
import { leavingCases } from './cases/leaving.js';
import { nodeCases } from './cases/node.js';
import { readingCases } from './cases/reading.js';
import { redisClientCases, redisHttpCases } from './cases/redis.js';
import { refusalsCases } from './cases/refusals.js';
import { resumingCases } from './cases/resuming.js';
import { shownOf } from './cases/seed.js';
import { tideCases } from './cases/tide.js';
import { writingCases } from './cases/writing.js';

export { itemOf, logOf, requestOf, SIZE, sampleOf } from './cases/seed.js';

/** A case that goes on for longer fails, so that it is known which one does. In milliseconds. */
const LONGEST_CASE = 45_000;

/** What the table of the README has a row for. */
export const areas = [
  { title: 'Reading jobs: ranges, batches, `follow`, gzip, formats', cases: readingCases },
  { title: 'Going on after breaks and silence', cases: resumingCases },
  { title: 'Leaving early and aborting, which frees the socket', cases: leavingCases },
  { title: 'Refusals as typed errors', cases: refusalsCases },
  { title: 'Writing jobs, gzip, the queue of jobs', cases: writingCases },
  { title: 'Collections and frontiers of Scrapy Cloud', cases: collectionsCases },
  { title: '`tideway/emulator`', cases: emulatingCases },
  { title: '`tideway/fetcher`: limits, tries, bodies, cache', cases: fetcherCases },
  { title: '`tideway/fetcher`: redirects', cases: redirectCases },
  { title: '`tideway/tide`: bounds, quotas, framings, server-sent events', cases: tideCases },
  { title: '`tideway/crawl`: `polite`, `crawl`, sitemaps', cases: crawlCases },
  { title: '`tideway/cache`: `memoryCache`, rules of HTTP', cases: cacheCases },
  { title: '`tideway/cache`: `cacheStorageCache`', cases: cacheStorageCases },
  { title: '`indexedDbCache`, `indexedDbFrontier`', cases: indexedDbCases },
  { title: '`tideway/redis` over `redisHttp`', cases: redisHttpCases },
  { title: '`tideway/redis` over `redis` and `ioredis`', cases: redisClientCases },
  { title: '`tideway/gateway`', cases: gatewayCases },
  { title: '`tideway/node`', cases: nodeCases },
];

const cases = Object.assign({}, ...areas.map((area) => area.cases));

export const caseNames = Object.keys(cases);

export async function runCase(name, modules, options) {
  const { emulator, tideway } = modules;
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
    ...modules,
    check,
    cloud,
    cloudWith,
    emulate: emulator.createEmulator,
    fault: (fault) => tell('/fault', fault),
    clear: () => tell('/clear', {}),
    job: cloud.getJob(key),
    jobCount: caseNames.length,
    options,
    plainJob: plain.getJob(key),
    seen: (path) => tell('/seen', { path }),
    site: { visits: () => tell('/visits', {}) },
  };
  let timer;
  try {
    const late = new Promise((_, reject) => {
      timer = setTimeout(() => reject(new Error(`Not done after ${LONGEST_CASE} ms`)), LONGEST_CASE);
    });
    await context.clear();
    const found = await Promise.race([cases[name](context), late]);
    return { name, checks: check.count, ...found };
  } catch (error) {
    const shown = error instanceof Error ? shownOf(error) : `Thrown: ${String(error)}`;
    return { name, checks: check.count, error: shown };
  } finally {
    clearTimeout(timer);
    await Promise.all([cloud.close(), plain.close()]);
  }
}
