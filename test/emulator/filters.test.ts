import { type EmulatorServer, serveEmulator } from 'tideway/node';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { basic, jsonLines, type RawClient, rawClient } from '../helpers/raw-http.ts';

const items = [
  { n: 0, name: 'Alpha', tags: ['a', 'b'] },
  { n: 1, name: 'beta', tags: ['b'] },
  { n: 2, name: 'gamma', tags: [] },
  { n: 3 },
  { n: 'text', name: null },
];

describe('filters', () => {
  let server: EmulatorServer;
  let client: RawClient;

  beforeAll(async () => {
    server = await serveEmulator({ projects: [1], seed: { jobs: [{ spider: 'a', items }] } });
    client = rawClient(server.url, basic(server.emulator.apiKey));
  });

  afterAll(() => server.close());

  async function matching(...filters: readonly unknown[]): Promise<number[]> {
    const query = new URLSearchParams([
      ['meta', '_key'],
      ...filters.map((filter) => ['filter', JSON.stringify(filter)]),
    ]);
    const answer = await client.get(`/items/1/1/1?${query}`);
    expect(answer.status).toBe(200);
    return jsonLines(answer.text).map((item) => Number(item._key.split('/')[3]));
  }

  test.each([
    [['n', '=', [1]], [1]],
    [
      ['n', '=', [1, 3, 'text']],
      [1, 3, 4],
    ],
    [['name', '=', [null]], [4]],
    [['tags', '=', [['b']]], [1]],
    [
      ['n', '!=', [1]],
      [0, 2, 3, 4],
    ],
    [
      ['name', '!=', ['beta']],
      [0, 2, 4],
    ],
    [
      ['n', '<', [2]],
      [0, 1],
    ],
    [
      ['n', '<=', [2]],
      [0, 1, 2],
    ],
    [['n', '>', [2]], [3]],
    [
      ['n', '>=', [2]],
      [2, 3],
    ],
    [
      ['name', '>=', ['beta']],
      [1, 2],
    ],
    [
      ['name', 'contains', ['a']],
      [0, 1, 2],
    ],
    [['name', 'contains', ['alp']], []],
    [['name', 'icontains', ['ALP']], [0]],
    [
      ['tags', 'haselement', ['b']],
      [0, 1],
    ],
    [['tags', 'haselement', ['a', 'x']], [0]],
    [
      ['tags', 'hasnotelement', ['a']],
      [1, 2],
    ],
    [
      ['name', 'matches', ['^[a-z]+$']],
      [1, 2],
    ],
    [
      ['name', 'exists', []],
      [0, 1, 2, 4],
    ],
    [
      ['name', 'exists'],
      [0, 1, 2, 4],
    ],
    [['name', 'notexists', []], [3]],
    [['missing', '!=', [1]], []],
    [['toString', 'exists', []], []],
    [['_key', '=', ['1/1/1/2']], [2]],
  ])('%j selects %j', async (filter, expected) => {
    expect(await matching(filter)).toEqual(expected);
  });

  test('several filters must all hold, and count counts what they leave', async () => {
    expect(await matching(['n', '>', [0]], ['name', 'contains', ['a']])).toEqual([1, 2]);
    const answer = await client.get('/items/1/1/1?count=2&filter=%5B%22n%22%2C+%22%3E%22%2C+%5B0%5D%5D');
    expect(answer.text).toBe('{"n":1,"name":"beta","tags":["b"]}\n{"n":2,"name":"gamma","tags":[]}\n');
  });
});
