/** The gateway: it runs in whatever has `fetch`, Web Crypto and streams. */
import { allItems, SIZE } from './seed.js';

const SECRET = 'a secret of the tests that is long enough';
const BASE = 'https://app.test/api';

async function openGateway({ apiKey, endpoint, dashEndpoint, entry, fetch, tideway }) {
  const gateway = entry.createGateway({
    auth: apiKey,
    secret: SECRET,
    basePath: '/api',
    endpoint,
    dashEndpoint,
    ...(fetch && { fetch }),
  });
  const cloudOf = async (methods) => {
    const token = await entry.mintToken({ secret: SECRET, projects: [1], methods });
    return new tideway.ScrapyCloud({
      auth: () => `Bearer ${token}`,
      endpoint: `${BASE}/storage/`,
      dashEndpoint: `${BASE}/dash/`,
      fetch: (input, init) => gateway.fetch(new Request(input, init)),
      retry: { backoff: 1 },
    });
  };
  return { cloudOf, gateway };
}

const onServers = (run) => async (context) => {
  const { check, options } = context;
  if (!options.isBrowser) return run(context);
  check.ok(true, 'no gateway in a page');
  return { isMissing: true, note: 'The gateway keeps the key, which no page may have: it runs on a server' };
};

export const gatewayCases = {
  'lets a token read and write its projects, and nothing else': onServers(
    async ({ check, emulate, gateway: entry, tideway }) => {
      const emulator = emulate({ projects: [1, 2], seed: { jobs: [{ spider: 'a', items: allItems() }] } });
      const { apiKey } = emulator;
      const { cloudOf } = await openGateway({ apiKey, entry, tideway, fetch: (request) => emulator.fetch(request) });
      const cloud = await cloudOf(['GET', 'POST']);
      check.same(await cloud.getJob('1/1/1').items.list(), allItems(), 'the items');
      const job = await cloud.getProject(1).jobs.push('b', { state: 'running' });
      const writer = job.items.writer();
      for (const item of allItems()) await writer.write(item);
      await writer.close();
      check.equal((await job.items.stats()).totals.input_values, SIZE, 'how many items were written');
      const foreign = await check.rejects(cloud.getProject(2).spiders.list(), 'a foreign project');
      check.equal([foreign.code, foreign.status], ['ERR_FORBIDDEN', 403], 'what it says');
      const reader = await cloudOf(['GET']);
      const refused = await check.rejects(reader.getProject(1).jobs.push('b'), 'a method that is not allowed');
      check.equal(refused.status, 403, 'the status');
      await emulator.close();
    },
  ),

  'refuses a token that is forged or expired': onServers(async ({ check, gateway: entry }) => {
    let now = 1_700_000_000_000;
    const clock = () => now;
    const token = await entry.mintToken({ secret: SECRET, projects: [1], expiresIn: 1000, clock });
    check.equal((await entry.verifyToken(token, { secret: SECRET, clock }))?.projects, [1], 'the projects of a token');
    const forged = `${token.slice(0, -2)}${token.endsWith('A') ? 'B' : 'A'}${token.at(-1)}`;
    check.equal((await entry.verifyToken(forged, { secret: SECRET, clock })) ?? null, null, 'a forged token');
    now += 1001;
    check.equal((await entry.verifyToken(token, { secret: SECRET, clock })) ?? null, null, 'an expired token');
  }),

  'passes a stream on over a real socket': onServers(async (context) => {
    const { check, gateway: entry, job, options, tideway } = context;
    const { apiKey, dashEndpoint, endpoint } = options;
    const { cloudOf } = await openGateway({ apiKey, dashEndpoint, endpoint, entry, tideway });
    const cloud = await cloudOf(['GET']);
    check.same(await cloud.getJob(job.key).items.list(), allItems(), 'the items');
    await cloud.close();
  }),
};
