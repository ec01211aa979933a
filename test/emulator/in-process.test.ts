import { createEmulator, type EmulatorOptions } from 'tideway/emulator';
import { describe, expect, test } from 'vitest';
import { basic } from '../helpers/raw-http.ts';

const hosts = [
  ['https://storage.zyte.com/', 'https://app.zyte.com/api/'],
  ['https://storage.scrapinghub.com/', 'https://app.scrapinghub.com/api/'],
  ['http://storage.vm.scrapinghub.com/', 'https://dash.scrapinghub.com/api/'],
  ['http://localhost:1234/', 'http://localhost:1234/api/'],
];

describe('an emulator in the process', () => {
  test.each(hosts)('answers for %s and %s', async (storage, dash) => {
    const emulator = createEmulator({ projects: [1] });
    const headers = { authorization: basic(emulator.apiKey) };
    expect((await emulator.fetch(`${storage}items/1/1/1`, { headers })).status).toBe(200);
    const answer = await emulator.fetch(new URL(`${dash}scrapyd/listprojects.json`), { headers });
    expect(await answer.json()).toEqual({ projects: [1], status: 'ok' });
  });

  test('takes a Request, a URL or a text, and a body in any form', async () => {
    const emulator = createEmulator({ projects: [1] });
    const headers = { authorization: basic(emulator.apiKey) };
    const url = 'https://storage.zyte.com/items/1/1/1';
    await emulator.fetch(new Request(url, { method: 'POST', headers, body: '{"n":0}' }));
    await emulator.fetch(new URL(url), { method: 'POST', headers, body: new Blob(['{"n":1}']) });
    const zipped = new Blob(['{"n":2}\n']).stream().pipeThrough(new CompressionStream('gzip'));
    const streamed: RequestInit & { duplex: 'half' } = {
      method: 'POST',
      headers: { ...headers, 'content-encoding': 'gzip' },
      body: zipped,
      duplex: 'half',
    };
    await emulator.fetch(url, streamed);
    expect(await (await emulator.fetch(url, { headers })).text()).toBe('{"n":0}\n{"n":1}\n{"n":2}\n');
  });

  test('has a documented key by default: 32 times f', () => {
    expect(createEmulator().apiKey).toBe('f'.repeat(32));
    expect(createEmulator({ apiKey: '0123456789abcdef0123456789ABCDEF' }).apiKey).toBe(
      '0123456789abcdef0123456789ABCDEF',
    );
  });

  test('a signal ends the request, and the body while it is read', async () => {
    const emulator = createEmulator({
      projects: [1],
      seed: { jobs: [{ spider: 'a', items: Array.from({ length: 100_000 }, (_, n) => ({ n })) }] },
    });
    const headers = { authorization: basic(emulator.apiKey) };
    const url = 'https://storage.zyte.com/items/1/1/1';
    const reason = new Error('enough');
    await expect(emulator.fetch(url, { headers, signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
    const controller = new AbortController();
    const answer = await emulator.fetch(url, { headers, signal: controller.signal });
    const reader = answer.body?.getReader();
    await reader?.read();
    controller.abort(reason);
    await expect(reader?.read()).rejects.toBe(reason);
  });

  test('tells a hook what a client really sent', async () => {
    const seen: string[] = [];
    const emulator = createEmulator({
      onRequest: ({ method, path, query, headers }) => {
        seen.push(`${method} ${path} ${query.getAll('meta').join('+')} ${headers.get('x-own')}`);
      },
    });
    await emulator.fetch('https://storage.zyte.com/items/1/1%2F2?meta=_key&meta=_ts', { headers: { 'X-Own': 'yes' } });
    expect(seen).toEqual(['GET /items/1/1%2F2 _key+_ts yes']);
  });

  test('begins with its seed', async () => {
    const emulator = createEmulator({
      projects: [7],
      clock: () => 5_000_000,
      seed: {
        user: 'ada',
        spiders: ['plain', { name: 'deep', id: 9, tags: ['t'], nextJob: 41 }],
        jobs: [
          {
            spider: 'deep',
            meta: { close_reason: 'finished', tags: ['daily'], finished_time: 1_000 },
            items: new Set([{ a: 1 }]),
            logs: [{ message: 'hello' }],
            requests: [{ url: 'u', status: 200, method: 'GET', rs: 1, duration: 2 }],
            samples: [[1, 2]],
          },
          { spider: 'plain', state: 'running' },
          { spider: 'new' },
        ],
      },
    });
    const headers = { authorization: basic(emulator.apiKey) };
    const text = async (path: string) => (await emulator.fetch(`https://storage.zyte.com${path}`, { headers })).text();
    expect(JSON.parse(await text('/jobs/7/9/41'))).toMatchObject({
      state: 'finished',
      close_reason: 'finished',
      finished_time: 1_000,
      completed_by: 'ada',
    });
    expect(await text('/items/7/9/41')).toBe('{"a":1}\n');
    expect(await text('/logs/7/9/41')).toBe('{"time":5000000,"level":20,"message":"hello"}');
    expect(await text('/requests/7/9/41')).toContain('"url":"u"');
    expect(await text('/samples/7/9/41')).toBe('[1,2]');
    const listed = (await text('/jobq/7/list')).split('\n').map((line): unknown => JSON.parse(line).key);
    expect(listed).toEqual(['7/10/1', '7/9/41']);
    expect(await text('/jobs/7/1/1/state')).toBe('"running"');
    expect(await text('/ids/7/spider/deep')).toBe('9');
  });

  test.each([
    [{ project: [1] }, 'no option `project`'],
    [{ projects: 1 }, 'Expected `projects` to be an array of project ids, got `1` (number)'],
    [{ projects: ['1'] }, 'Expected `projects[0]` to be an integer from 1 and up, got `1` (string)'],
    [{ apiKey: 'short' }, 'Expected `apiKey` to be 32 hex digits'],
    [{ clock: 5 }, 'Expected `clock` to be a function, got `5` (number)'],
    [{ spiders: { a: 1 } }, 'Expected `spiders.a` to be a function'],
    [{ faults: {} }, 'Expected `faults` to be an array, got an object'],
    [{ startDelay: -1 }, 'Expected `startDelay` to be an integer from 0 and up, got `-1` (number)'],
    [{ gzip: 'no' }, 'Expected `gzip` to be a boolean'],
    [{ seed: [] }, 'Expected `seed` to be an object'],
    [{ seed: { jobs: [{ spider: 'a' }] } }, 'Expected `seed.jobs[0].project` to be a project id'],
    [
      { projects: [1], seed: { jobs: [{ spider: 'a', project: 2 }] } },
      'Expected `seed.jobs[0].project` to be one of `projects`',
    ],
    [{ projects: [1], seed: { jobs: [{}] } }, 'Expected `seed.jobs[0].spider` to be a name'],
    [{ projects: [1], seed: { jobs: [{ spider: 'a', state: 'x' }] } }, 'Expected `seed.jobs[0].state` to be a state'],
    [{ projects: [1], seed: { jobs: [{ spider: 'a', items: 5 }] } }, 'Expected `seed.jobs[0].items` to be an iterable'],
    [{ projects: [1], seed: { jobs: [{ spider: 'a', items: [5] }] } }, "Record 0 of the seed's items cannot be stored"],
    [{ projects: [1], seed: { spiders: [{ name: '' }] } }, 'Expected `seed.spiders[0].name` to be a name'],
    [
      {
        projects: [1],
        seed: {
          spiders: [
            { name: 'a', id: 5 },
            { name: 'b', id: 5 },
          ],
        },
      },
      'Expected the ids of `seed.spiders` to be different, got `5` (number) twice',
    ],
    [{ countScanLimit: 0 }, 'Expected `countScanLimit` to be an integer from 1 and up, got `0` (number)'],
    [{ seed: { nothing: 1 } }, 'Expected `seed` to have no option `nothing`'],
    [{ projects: [1], seed: { settings: 5 } }, 'Expected `seed.settings` to be an object, got `5` (number)'],
    [{ seed: { settings: { a: 1 } } }, 'Expected `seed.settings[0].project` to be a project id'],
    [{ projects: [1], seed: { settings: [{ a: 1 }] } }, 'Expected `seed.settings[0]` to have no option `a`'],
    [{ projects: [1], seed: { settings: [{}] } }, 'Expected `seed.settings[0].values` to be an object'],
    [{ projects: [1], seed: { activity: [{ events: 1 }] } }, 'Expected `seed.activity[0].events` to be an iterable'],
    [{ projects: [1], seed: { activity: [{ events: [1] }] } }, "Record 0 of the seed's activity cannot be stored"],
    [{ projects: [1], seed: { collections: {} } }, 'Expected `seed.collections` to be an array, got an object'],
    [{ projects: [1], seed: { collections: [{ records: [] }] } }, 'Expected `seed.collections[0].name` to be a name'],
    [
      { projects: [1], seed: { collections: [{ name: 'a-b', records: [] }] } },
      'Expected `seed.collections[0].name` to be letters, digits and `_`, got `a-b` (string)',
    ],
    [
      { projects: [1], seed: { collections: [{ name: 'a', type: 'x', records: [] }] } },
      'Expected `seed.collections[0].type` to be one of s, cs, vs, vcs, got `x` (string)',
    ],
    [{ projects: [1], seed: { collections: [{ name: 'a' }] } }, '`seed.collections[0].records` to be an iterable'],
    [
      { projects: [1], seed: { collections: [{ name: 'a', records: [{ _key: 'k' }, {}] }] } },
      "Record 1 of the seed's collection a cannot be stored: Error parsing data, missing value for _key field",
    ],
    [{ projects: [1], seed: { frontiers: [{ slot: 's' }] } }, 'Expected `seed.frontiers[0].frontier` to be a name'],
    [
      { projects: [1], seed: { frontiers: [{ frontier: 'f', slot: 's', requests: [{ p: 1 }] }] } },
      "Record 0 of the seed's slot s cannot be stored: Error parsing data, missing value for fp field",
    ],
  ])('%j is refused', (options, message) => {
    const wrong: unknown = options;
    expect(() => createEmulator(wrong as EmulatorOptions)).toThrow(message);
    expect(() => createEmulator(wrong as EmulatorOptions)).toThrow(
      expect.objectContaining({ code: 'ERR_CONFIGURATION' }),
    );
  });

  test('a key that is refused does not show up in the message', () => {
    expect(() => createEmulator({ apiKey: 'my-secret-key' })).toThrow(
      expect.not.objectContaining({ message: expect.stringContaining('my-secret') }),
    );
  });
});
