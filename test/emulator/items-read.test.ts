import { gunzipSync } from 'node:zlib';
import { decodeMulti } from '@msgpack/msgpack';
import { type EmulatorServer, serveEmulator } from 'tideway/node';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { basic, jsonLines, type RawClient, rawClient } from '../helpers/raw-http.ts';

describe('reading items', () => {
  let server: EmulatorServer;
  let client: RawClient;

  beforeAll(async () => {
    server = await serveEmulator({
      projects: [1],
      seed: {
        spiders: [
          { name: 'a', id: 2 },
          { name: 'b', id: 10 },
        ],
        jobs: [
          { spider: 'b', items: [{ n: 100 }] },
          { spider: 'a', number: 10, items: [{ n: 30 }] },
          { spider: 'a', number: 9, items: [{ n: 20 }, { n: 21 }] },
        ],
      },
    });
    client = rawClient(server.url, basic(server.emulator.apiKey));
    await client.post('/items/1/2/1?start=0', '{"n":0,"name":"zero"}\n{"n":1}\n');
    await client.post('/items/1/2/1?start=2', '{"n":2,"name":"two, \\"2\\""}\n{"n":3}\n{"n":4}\n');
  });

  afterAll(() => server.close());

  const numbers = async (path: string) => jsonLines((await client.get(path)).text).map((item) => item.n);

  test('a job, a spider and a project are read in the order of their numbers', async () => {
    expect(await numbers('/items/1/2/1')).toEqual([0, 1, 2, 3, 4]);
    expect(await numbers('/items/1/2')).toEqual([0, 1, 2, 3, 4, 20, 21, 30]);
    expect(await numbers('/items/1')).toEqual([0, 1, 2, 3, 4, 20, 21, 30, 100]);
    expect(await numbers('/items/1/2/1/')).toEqual([0, 1, 2, 3, 4]);
  });

  test('start is inclusive, startafter exclusive, and neither needs to exist', async () => {
    expect(await numbers('/items/1/2/1?start=1%2F2%2F1%2F3')).toEqual([3, 4]);
    expect(await numbers('/items/1/2/1?startafter=1/2/1/3')).toEqual([4]);
    expect(await numbers('/items/1/2/1?start=1/2/1/77')).toEqual([]);
    expect(await numbers('/items/1/2?start=1/2/1/99')).toEqual([20, 21, 30]);
    expect(await numbers('/items/1/2?startafter=1/2/9/0')).toEqual([21, 30]);
    expect(await numbers('/items/1?start=1/2/10/0')).toEqual([30, 100]);
  });

  test('count ends a read, and an index picks records', async () => {
    expect(await numbers('/items/1/2?count=6')).toEqual([0, 1, 2, 3, 4, 20]);
    expect(await numbers('/items/1/2/1?count=0')).toEqual([]);
    expect(await numbers('/items/1/2/1?count=2&start=1/2/1/1')).toEqual([1, 2]);
    expect(await numbers('/items/1/2/1?index=3&index=1&index=3')).toEqual([1, 3]);
    expect(await numbers('/items/1/2/1/2')).toEqual([2]);
    expect(await numbers('/items/1/2/1/99')).toEqual([]);
  });

  test('meta adds the key and the time after the fields, nodata leaves nothing else', async () => {
    expect((await client.get('/items/1/2/1?meta=_key&count=2')).text).toBe(
      '{"n":0,"name":"zero","_key":"1/2/1/0"}\n{"n":1,"_key":"1/2/1/1"}\n',
    );
    expect((await client.get('/items/1/2/1?meta=_key&meta=_ts&count=1')).text).toMatch(
      /^\{"n":0,"name":"zero","_key":"1\/2\/1\/0","_ts":\d{13}\}\n$/,
    );
    expect((await client.get('/items/1/2/1?meta=_key&nodata=1&count=2')).text).toBe(
      '{"_key":"1/2/1/0"}\n{"_key":"1/2/1/1"}\n',
    );
    expect((await client.get('/items/1/2/1?nodata=True&count=1')).text).toBe('{}\n');
  });

  test('startts is inclusive and endts exclusive, by the time of the write', async () => {
    const times = jsonLines((await client.get('/items/1/2/1?meta=_ts')).text).map((item) => item._ts);
    const [first, , second] = times;
    expect(await numbers(`/items/1/2/1?startts=${second}`)).toEqual([2, 3, 4]);
    expect(await numbers(`/items/1/2/1?endts=${second}`)).toEqual([0, 1]);
    expect(await numbers(`/items/1/2/1?startts=${first}&endts=${first}`)).toEqual([]);
  });

  test('lines end with a newline, and are gzip when the client takes it', async () => {
    const plain = await client.get('/items/1/2/1');
    expect(plain.headers['content-type']).toBe('application/x-jsonlines; charset=UTF-8');
    expect(plain.headers['content-encoding']).toBeUndefined();
    const zipped = await client.get('/items/1/2/1', { 'accept-encoding': 'deflate, gzip;q=0.5' });
    expect(zipped.headers['content-encoding']).toBe('gzip');
    expect(zipped.headers['content-length']).toBe(String(zipped.raw.length));
    expect(gunzipSync(zipped.raw).equals(plain.raw)).toBe(true);
    expect(
      (await client.get('/items/1/2/1', { 'accept-encoding': 'gzip;q=0' })).headers['content-encoding'],
    ).toBeUndefined();
    const empty = await client.get('/items/1/2/99', { 'accept-encoding': 'gzip' });
    expect(empty).toMatchObject({ status: 200, text: '' });
    expect(empty.headers['content-encoding']).toBe('gzip');
    expect(empty.raw.length).toBeGreaterThan(0);
  });

  test('msgpack is objects one after the other, with times as uint64', async () => {
    const answer = await client.get('/items/1/2/1?meta=_key&meta=_ts', { accept: 'application/x-msgpack' });
    expect(answer.headers['content-type']).toBe('application/x-msgpack; charset=UTF-8');
    const items = [...decodeMulti(answer.bytes)];
    expect(items).toHaveLength(5);
    expect(items[0]).toEqual({ n: 0, name: 'zero', _key: '1/2/1/0', _ts: expect.any(Number) });
    // {"n":1,"_ts":…}: a map of two, "n", 1, "_ts", and the type of a 64-bit unsigned integer.
    const one = await client.get('/items/1/2/1/1?meta=_ts', { accept: 'application/x-msgpack' });
    expect(one.bytes.subarray(0, 9).toString('hex')).toBe('82a16e01a35f7473cf');
  });

  test('JSON is one array, by header or by parameter', async () => {
    for (const answer of [
      await client.get('/items/1/2/1?count=2', { accept: 'application/json' }),
      await client.get('/items/1/2/1?count=2&format=json'),
    ]) {
      expect(answer.headers['content-type']).toBe('application/json; charset=UTF-8');
      expect(answer.text).toBe('[{"n":0,"name":"zero"},{"n":1}]');
    }
    expect((await client.get('/items/1/2/99?format=json')).text).toBe('[]');
  });

  test('CSV wants fields, quotes what needs it, and names its columns on request', async () => {
    const answer = await client.get('/items/1/2/1?format=csv&fields=n,name,_key&include_headers=1&count=3');
    expect(answer.headers['content-type']).toBe('text/csv; charset=UTF-8');
    expect(answer.text).toBe('n,name,_key\n0,zero,1/2/1/0\n1,,1/2/1/1\n2,"two, ""2""",1/2/1/2\n');
    expect(
      (await client.get('/items/1/2/1?fields=n,name&sep=%3B&count=1&lineend=%0D%0A', { accept: 'text/csv' })).text,
    ).toBe('0;zero\r\n');
    expect((await client.get('/items/1/2/1?format=csv')).status).toBe(400);
  });

  test('fields are read as text, and XML has the types of XML-RPC', async () => {
    expect((await client.get('/items/1/2/1/n')).text).toBe('0\n1\n2\n3\n4\n');
    expect((await client.get('/items/1/2/1/0/name')).text).toBe('zero\n');
    expect((await client.get('/items/1/2/1/0?format=xml')).text).toContain(
      '<member><name>n</name><value><int>0</int></value></member><member><name>name</name>',
    );
  });

  test('saveas names a file', async () => {
    const answer = await client.get('/items/1/2/1?saveas=out.jl');
    expect(answer.headers['content-disposition']).toBe('Attachment; filename=out.jl');
    const hostile = await client.get('/items/1/2/1?saveas=a%0d%0aset-cookie:%20x');
    expect(hostile.headers['content-disposition']).toBe('Attachment; filename=a__set-cookie:_x');
  });

  test.each([
    'count=-1',
    'count=x',
    'count=1e3',
    'start=5',
    'start=1/2/1',
    'startafter=1/2/1/x',
    'index=-1',
    'startts=now',
    'format=pdf',
    'filter=x',
    'filter=%7B%7D',
    'filter=%5B%22n%22%5D',
    'filter=%5B1%2C%22=%22%2C%5B1%5D%5D',
    'filter=%5B%22n%22%2C%22constructor%22%2C%5B1%5D%5D',
    'filter=%5B%22n%22%2C%22matches%22%2C%5B%22(%22%5D%5D',
  ])('%s is refused with a line of text', async (query) => {
    const answer = await client.get(`/items/1/2/1?${query}`);
    expect(answer.status).toBe(400);
    expect(answer.text).toMatch(/^[^\n]+\n$/);
    expect(answer.headers['content-type']).toBe('text/plain; charset=UTF-8');
  });
});
