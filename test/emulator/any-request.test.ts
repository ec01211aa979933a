import fc from 'fast-check';
import { createEmulator } from 'tideway/emulator';
import { expect, test } from 'vitest';
import { basic } from '../helpers/raw-http.ts';

const families = [
  'items',
  'logs',
  'requests',
  'samples',
  'jobs',
  'jobq',
  'projects',
  'ids',
  'spiders',
  'botgroups',
  'activity',
  'collections',
  'hcf',
  'api/jobs',
  'api/comments',
  'api/v2/projects',
  'api/items.jl',
  'api/log.txt',
  'api/run.json',
  'api/reports',
  'api/jobs/list.json',
  'api/items.csv',
];
const segment = fc.oneof(
  fc.constantFrom(
    '1',
    '1',
    '1',
    '0',
    '2',
    's',
    'vs',
    'col',
    'k',
    'f',
    'q',
    'list',
    'count',
    'deleted',
    'delete',
    'push',
    'update',
    'cancel',
    'startjob',
    'summary',
    'settings',
    'reports',
    'stats',
    'spider',
    'add.json',
    'update.json',
    'stop.json',
    'delete.json',
    'list.jl',
    '__proto__',
    'auth',
    'tags',
  ),
  fc.string({ maxLength: 4, unit: 'grapheme' }).map(encodeURIComponent),
);
const odd = fc.oneof(
  fc.constantFrom(
    '1',
    '1/1/1',
    '1/1/1/0',
    '0',
    '-1',
    '1e9',
    '99999999999999999',
    'NaN',
    '',
    '[]',
    '["n",">",[0]]',
    '["_key"',
    'json',
    'csv',
    '_key',
    '_ts',
    'n',
    'true',
  ),
  fc.string({ maxLength: 5 }),
);
const parameter = fc.tuple(
  fc.constantFrom(
    'start',
    'startafter',
    'count',
    'offset',
    'filter',
    'meta',
    'format',
    'fields',
    'index',
    'startts',
    'endts',
    'key',
    'prefix',
    'prefixcount',
    'mincount',
    'name',
    'p',
    'pcount',
    'project',
    'job',
    'spider',
    'state',
    'jobmeta',
    'stop',
    'level',
    'nodata',
    'saveas',
    'sep',
    'quote',
  ),
  odd,
);
const value = fc.oneof(
  fc.jsonValue({ maxDepth: 2 }),
  fc.record(
    {
      _key: odd,
      fp: odd,
      p: fc.oneof(fc.integer(), odd),
      key: odd,
      spider: odd,
      state: fc.oneof(fc.constantFrom('running', 'finished', 'deleted'), odd),
      time: fc.oneof(fc.double(), odd),
      running_time: fc.double(),
      tags: fc.oneof(fc.array(odd), odd),
      n: fc.jsonValue({ maxDepth: 1 }),
    },
    { requiredKeys: [] },
  ),
);
const body = fc.oneof(
  fc.array(value, { maxLength: 3 }).map((values) => values.map((one) => JSON.stringify(one)).join('\n')),
  fc.array(parameter, { maxLength: 5 }).map((fields) => new URLSearchParams(fields).toString()),
  fc.string(),
);
const call = fc.record({
  method: fc.constantFrom('GET', 'GET', 'POST', 'POST', 'PUT', 'PATCH', 'DELETE', 'HEAD'),
  path: fc
    .tuple(fc.constantFrom(...families), fc.array(segment, { maxLength: 5 }))
    .map(([family, rest]) => [family, ...rest].join('/')),
  query: fc.array(parameter, { maxLength: 4 }).map((fields) => new URLSearchParams(fields).toString()),
  accept: fc.constantFrom('*/*', 'application/x-msgpack', 'application/json', 'text/csv', 'application/xml'),
  body,
});

test('any requests are answered, with a status that says what was wrong, and do no harm to what comes after', {
  timeout: 60_000,
}, async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(call, { minLength: 1, maxLength: 25 }), async (calls) => {
      const emulator = createEmulator({
        projects: [1],
        seed: {
          jobs: [{ spider: 'a', state: 'running', items: [{ n: 1 }], logs: [{ message: 'm' }] }],
          collections: [{ name: 'col', records: [{ _key: 'k', n: 1 }] }],
          frontiers: [{ frontier: 'f', slot: 's', requests: ['k'] }],
        },
      });
      const authorization = basic(emulator.apiKey);
      for (const { method, path, query, accept, body: text } of calls) {
        const hasBody = method !== 'GET' && method !== 'HEAD';
        const answer = await emulator.fetch(`https://storage.zyte.com/${path}?${query}`, {
          method,
          headers: { authorization, accept },
          ...(hasBody ? { body: text } : {}),
        });
        await answer.arrayBuffer();
        expect([200, 202, 400, 403, 404, 405, 413, 415]).toContain(answer.status);
      }
      const last = await emulator.fetch('https://storage.zyte.com/system/ts', { headers: { authorization } });
      expect(last.status).toBe(200);
      await emulator.close();
    }),
    { numRuns: 150 },
  );
});
