import { ConfigurationError, Connection, type Filter, Items, type Job, type LogLevel, type ReadOptions } from 'tideway';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readingOf } from '../helpers/reading.ts';
import { thrown } from '../helpers/rejection.ts';
import { numbered, type StorageServer, storageServer } from '../helpers/storage-server.ts';

let server: StorageServer;
beforeEach(async () => {
  server = await storageServer();
});
afterEach(() => server[Symbol.asyncDispose]());

const job = (): Job => server.cloud().getJob('1/2/3');

/** The parameters of the last request, in order. */
function sent(): [string, string][] {
  return [...(server.requests.at(-1)?.query ?? [])].sort(([left], [right]) => left.localeCompare(right));
}

describe('The parameters of a read', () => {
  const key: [string, string] = ['meta', '_key'];

  it.each<[string, ReadOptions, [string, string][]]>([
    ['nothing but the key', {}, []],
    ['`count`', { count: 7 }, [['count', '7']]],
    ['`start`', { start: '1/2/3/500' }, [['start', '1/2/3/500']]],
    ['`startAfter`', { startAfter: '1/2/3/500' }, [['startafter', '1/2/3/500']]],
    ['`offset`', { offset: 500 }, [['start', '1/2/3/500']]],
    ['an `offset` of 0', { offset: 0 }, []],
    ['`nodata`', { nodata: true }, [['nodata', '1']]],
    ['`nodata: false`', { nodata: false }, []],
    [
      '`startTs` and `endTs`',
      { startTs: 0, endTs: 1_500_000_000_000 },
      [
        ['endts', '1500000000000'],
        ['startts', '0'],
      ],
    ],
    ['`index`', { index: 5 }, [['index', '5']]],
    [
      'several of `index`',
      { index: [5, 0, 7] },
      [
        ['index', '5'],
        ['index', '0'],
        ['index', '7'],
      ],
    ],
  ])('%s', async (_name, options, expected) => {
    for (const resource of ['items', 'logs', 'requests'] as const) {
      await readingOf(job(), resource).list(options);
      expect(sent()).toEqual([...expected, key].sort(([left], [right]) => left.localeCompare(right)));
      expect(server.requests.at(-1)).toMatchObject({ method: 'GET', path: `/${resource}/1/2/3`, body: '' });
    }
    await readingOf(job(), 'samples').list(options);
    expect(sent()).toEqual(expected);
    expect(server.requests).toHaveLength(4);
  });

  it.each<[ReadOptions['meta'], string[]]>([
    ['_ts', ['_ts', '_key']],
    [['_ts'], ['_ts', '_key']],
    [
      ['_ts', '_key'],
      ['_ts', '_key'],
    ],
    ['_key', ['_key']],
    [[], ['_key']],
  ])('`meta` of %j, as a text or a list, and the key in addition', async (meta, expected) => {
    await job().items.list({ meta });
    expect(sent()).toEqual(expected.map((name) => ['meta', name]));
  });

  it.each<[string, Filter, string[]]>([
    ['a condition', ['price', '>', [10]], ['["price",">",[10]]']],
    ['a condition whose value is no list', ['price', '>', 10], ['["price",">",[10]]']],
    ['a condition of several values', ['name', '=', ['a', 'b']], ['["name","=",["a","b"]]']],
    ['a list of one', [['price', '>', [10]]], ['["price",">",[10]]']],
    [
      'a list of several',
      [
        ['price', '>', [10]],
        ['name', 'contains', ['x']],
      ],
      ['["price",">",[10]]', '["name","contains",["x"]]'],
    ],
    ['JSON text of a condition', '["price", ">", [10]]', ['["price",">",[10]]']],
    ['JSON text of a list', '[["price",">",[10]],["x","=",[1]]]', ['["price",">",[10]]', '["x","=",[1]]']],
    ['a list of JSON texts', ['["price",">",[10]]', '["x","=",[1]]'], ['["price",">",[10]]', '["x","=",[1]]']],
    ['a list of three JSON texts', Array(3).fill('["a","=",["b"]]'), Array(3).fill('["a","=",["b"]]')],
    ['a list of both', [['price', '>', [10]], '["x","=",[1]]'], ['["price",">",[10]]', '["x","=",[1]]']],
    ['an empty list', [], []],
    ['a value beyond ASCII', ['name', '=', ['é & "ü"+']], ['["name","=",["é & \\"ü\\"+"]]']],
  ])('`filter` as %s', async (_name, filter, expected) => {
    await readingOf(job(), 'samples').list();
    server.respond = () => ({ body: '' });
    await job().items.list({ filter });
    expect(server.requests.at(-1)?.query.getAll('filter')).toEqual(expected);
  });

  it('all together', async () => {
    server.respond = () => ({ body: '' });
    await job().items.list({
      count: 1,
      startAfter: '1/2/3/4',
      offset: 2,
      filter: ['a', '=', [1]],
      meta: '_ts',
      nodata: true,
      startTs: 1,
      endTs: 2,
      index: [9],
      signal: new AbortController().signal,
      timeout: 1000,
      idleTimeout: 1000,
      deadline: 5000,
      retry: false,
      maxRecordBytes: 1000,
      onResume: () => {},
    });
    expect(sent()).toEqual([
      ['count', '1'],
      ['endts', '2'],
      ['filter', '["a","=",[1]]'],
      ['index', '9'],
      ['meta', '_ts'],
      ['meta', '_key'],
      ['nodata', '1'],
      ['start', '1/2/3/2'],
      ['startafter', '1/2/3/4'],
      ['startts', '1'],
    ]);
  });

  it.each<[LogLevel, number]>([
    ['DEBUG', 10],
    ['INFO', 20],
    ['WARNING', 30],
    ['ERROR', 40],
    ['CRITICAL', 50],
    ['SILENT', 51],
    [25, 25],
  ])('`level` %s of logs is a filter', async (level, number) => {
    await job().logs.list({ level });
    expect(server.requests.at(-1)?.query.getAll('filter')).toEqual([`["level",">=",[${number}]]`]);
    await job().logs.list({ level, filter: '["message","contains",["x"]]' });
    expect(server.requests.at(-1)?.query.getAll('filter')).toEqual([
      '["message","contains",["x"]]',
      `["level",">=",[${number}]]`,
    ]);
  });

  it('work without the whole client: `new Items(new Connection(…), key)`', async () => {
    server.data.set(
      'items/1/2/3',
      numbered(3, (x) => ({ x })),
    );
    const items = new Items(new Connection({ auth: 'key', endpoint: server.url }), '1/2/3');
    expect(await items.list({ offset: 1 })).toEqual([{ x: 1 }, { x: 2 }]);
    expect(server.requests[0]?.headers.authorization).toBe(`Basic ${btoa('key:')}`);
  });
});

describe('What a server could not understand is refused at the door', () => {
  const start = 'to be a record key `1/2/3/<number>`';
  it.each<[string, unknown, string]>([
    ['count', -1, '`count`'],
    ['count', Number.NaN, '`count`'],
    ['count', 1.5, '`count`'],
    ['count', Number.POSITIVE_INFINITY, '`count`'],
    ['count', '5', '`count`'],
    ['count', null, '`count`'],
    ['count', 2 ** 60, '`count`'],
    ['offset', -1, '`offset`'],
    ['offset', Number.NaN, '`offset`'],
    ['offset', '1/2/3/4', '`offset`'],
    ['startTs', -1, '`startTs`'],
    ['endTs', 1.5, '`endTs`'],
    ['startTs', new Date(), '`startTs`'],
    ['maxRecordBytes', 0, '`maxRecordBytes`'],
    ['maxRecordBytes', Number.NaN, '`maxRecordBytes`'],
    ['parallel', 0, '`parallel`'],
    ['parallel', 1.5, '`parallel`'],
    ['parallel', Number.POSITIVE_INFINITY, '`parallel`'],
    ['start', 500, start],
    ['start', '500', start],
    ['start', '1/2/3', start],
    ['start', '1/2/3/', start],
    ['start', '1/2/4/5', start],
    ['start', '1/2/3/x', start],
    ['start', '1/2/3/-1', start],
    ['start', '1/2/3/4/5', start],
    ['startAfter', '1/2/30/5', start],
    ['startAfter', '', start],
    ['filter', 'price > 10', '`filter`'],
    ['filter', '{"a":1}', '`filter`'],
    ['filter', 'null', '`filter`'],
    ['filter', { price: 10 }, '`filter`'],
    ['filter', ['price', '>'], '`filter`'],
    ['filter', [['price', '>']], '`filter`'],
    ['filter', [['price', '>', [10], 'more']], '`filter`'],
    ['filter', [['price', 1, [10]]], '`filter`'],
    ['filter', [7], '`filter`'],
    ['filter', ['oops'], '`filter`'],
  ])('`%s` of %j', (name, value, message) => {
    for (const resource of ['items', 'logs', 'requests', 'samples'] as const) {
      const error = thrown(() => readingOf(job(), resource).iter({ [name]: value }));
      expect(error).toBeInstanceOf(ConfigurationError);
      expect((error as Error).message).toContain(message);
    }
    expect(server.requests).toHaveLength(0);
  });

  it('`start` together with `offset`', () => {
    const error = thrown(() => job().items.iter({ start: '1/2/3/4', offset: 4 }));
    expect(error).toBeInstanceOf(ConfigurationError);
  });

  it.each(['error', 'LOUD', 'toString', '', null, 1.5])('a `level` of %j', (level) => {
    const error = thrown(() => job().logs.iter({ level: level as LogLevel }));
    expect(error).toBeInstanceOf(ConfigurationError);
    expect((error as Error).message).toContain('DEBUG, INFO, WARNING, ERROR, CRITICAL, SILENT');
  });
});
