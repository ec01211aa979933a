import { gzipSync } from 'node:zlib';
import { serveEmulator } from 'tideway/node';
import { describe, expect, test } from 'vitest';
import { basic, jsonLines, rawClient } from '../helpers/raw-http.ts';

const url = '/items/1/1/1';

async function setUp() {
  const server = await serveEmulator({ projects: [1] });
  return { server, ...rawClient(server.url, basic(server.emulator.apiKey)) };
}

describe('writing items', () => {
  test('a write answers 200 with an empty text', async () => {
    const { server, post } = await setUp();
    const answer = await post(`${url}?start=0`, '{"x": 0}\n{"x": 1}\n');
    expect(answer).toMatchObject({ status: 200, text: '' });
    expect(answer.headers['content-type']).toBe('text/plain; charset=UTF-8');
    expect(answer.headers['content-length']).toBe('0');
    await server.close();
  });

  test('what is written is read in compact form, in the order of its fields', async () => {
    const { server, get, post } = await setUp();
    const item =
      '{ "b" : 1, "2": [ 1 , 2.50, 12345678901234567890 ], "a": "caf\\u00e9 \\ud83d\\ude00 \\n \\" x: y, z", "e": {} }';
    await post(url, `${item}\n\n  \n{}\n`);
    expect((await get(url)).text).toBe(
      '{"b":1,"2":[1,2.50,12345678901234567890],"a":"café 😀 \\n \\" x: y, z","e":{}}\n{}\n',
    );
    await server.close();
  });

  test('bodies may be gzip, or identity by name, and need no content type', async () => {
    const { server, get, post } = await setUp();
    await post(`${url}?start=0`, gzipSync('{"x":0}\n'), { 'content-encoding': 'gzip' });
    await post(`${url}?start=1`, '{"x":1}\n', { 'content-encoding': 'identity' });
    expect((await get(url)).text).toBe('{"x":0}\n{"x":1}\n');
    await server.close();
  });

  test('without a start a write goes to the end; Content-Range is another way to say where', async () => {
    const { server, get, post } = await setUp();
    await post(url, '{"x":0}\n{"x":1}');
    await post(url, '{"x":2}');
    await post(url, '{"x":5}', { 'content-range': 'items 5-/*' });
    expect((await get(`${url}?meta=_key`)).text).toBe(
      [0, 1, 2, 5].map((x) => `{"x":${x},"_key":"1/1/1/${x}"}\n`).join(''),
    );
    expect((await post(url, '{"x":5}', { 'content-range': 'bytes 5-' })).status).toBe(400);
    await server.close();
  });

  test('a batch sent again replaces itself and is not there twice', async () => {
    const { server, get, post } = await setUp();
    for (let time = 0; time < 3; time += 1) await post(`${url}?start=0`, '{"x":0}\n{"x":1}\n{"x":2}\n');
    await post(`${url}?start=1`, '{"x":"changed","y":1}\n');
    expect((await get(url)).text).toBe('{"x":0}\n{"x":"changed","y":1}\n{"x":2}\n');
    expect(JSON.parse((await get(`${url}/stats`)).text)).toEqual({
      counts: { x: 3, y: 1 },
      // {"x":0} and {"x":2} have four bytes in msgpack, {"x":"changed","y":1} has fourteen.
      totals: { input_bytes: 4 + 4 + 14, input_values: 3 },
    });
    await server.close();
  });

  test('rewriting the middle of many blocks leaves the rest as it is', async () => {
    const { server, get, post } = await setUp();
    const line = (n: number, text: string) => `{"n":${n},"text":"${text.repeat(50)}"}\n`;
    const total = 10_000;
    const all = Array.from({ length: total }, (_, n) => line(n, 'abcdef'));
    await post(`${url}?start=0`, all.join(''));
    for (let n = 4000; n < 7000; n += 1) all[n] = line(n, 'x');
    await post(`${url}?start=4000`, all.slice(4000, 7000).join(''));
    expect((await get(url)).text === all.join('')).toBe(true);
    expect(JSON.parse((await get(`${url}/stats`)).text).totals.input_values).toBe(total);
    await server.close();
  });

  test('a start beyond the end leaves a gap, which reads jump and later writes may fill', async () => {
    const { server, get, post } = await setUp();
    await post(`${url}?start=0`, '{"x":0}\n{"x":1}');
    await post(`${url}?start=1000000`, '{"x":1000000}\n{"x":1000001}');
    await post(`${url}?start=10`, '{"x":10}');
    await post(`${url}?start=9`, '{"x":9}\n{"x":"ten"}\n{"x":11}');
    const keys = async (query: string) =>
      jsonLines((await get(`${url}?meta=_key${query}`)).text).map((item) => item._key);
    const key = (index: number) => `1/1/1/${index}`;
    expect(await keys('')).toEqual([0, 1, 9, 10, 11, 1_000_000, 1_000_001].map(key));
    expect(await keys('&startafter=1/1/1/1&count=2')).toEqual([9, 10].map(key));
    expect(await keys('&start=1/1/1/12')).toEqual([1_000_000, 1_000_001].map(key));
    expect((await get(`${url}/5`)).text).toBe('');
    expect((await get(`${url}/10`)).text).toBe('{"x":"ten"}\n');
    expect(JSON.parse((await get(`${url}/stats`)).text).totals.input_values).toBe(7);
    await post(url, '{"x":"end"}');
    expect(await keys('&start=1/1/1/1000002')).toEqual([key(1_000_002)]);
    await server.close();
  });

  test('all records of a write share one _ts, and no two writes do', async () => {
    const server = await serveEmulator({ projects: [1], clock: () => 1_700_000_000_000 });
    const { get, post } = rawClient(server.url, basic(server.emulator.apiKey));
    for (let batch = 0; batch < 12; batch += 1) await post(`${url}?start=${batch * 3}`, '{"x":1}\n{"x":2}\n{"x":3}\n');
    const times = jsonLines((await get(`${url}?meta=_ts`)).text).map((item) => item._ts);
    expect(times).toHaveLength(36);
    expect(new Set(times).size).toBe(12);
    expect([...times].sort()).toEqual(times);
    await server.close();
  });

  test('statistics count fields and the size in msgpack; those of the server show on request', async () => {
    const { server, get, post } = await setUp();
    await post(
      url,
      '{"_type":"Product","price":1.5,"n":null,"deep":{"a":[true,-1,300,70000,5000000000,"é"]}}\n{"price":2}',
    );
    const stats = await get(`${url}/stats`);
    expect(stats.headers['content-type']).toBe('application/json; charset=UTF-8');
    expect(stats.headers['content-encoding']).toBeUndefined();
    expect(stats.text).toMatch(
      /^\{"counts":\{"price":2,"n":1,"deep":1\},"totals":\{"input_bytes":\d+,"input_values":2\}\}$/,
    );
    expect(JSON.parse((await get(`${url}/stats?all=1`)).text).counts).toEqual({ _type: 1, price: 2, n: 1, deep: 1 });
    const { encode } = await import('@msgpack/msgpack');
    const size = encode({
      _type: 'Product',
      price: 1.5,
      n: null,
      deep: { a: [true, -1, 300, 70000, 5000000000, 'é'] },
    }).length;
    expect(JSON.parse(stats.text).totals.input_bytes).toBe(size + encode({ price: 2 }).length);
    expect((await get('/items/1/1/99/stats')).text).toBe('{"counts":{},"totals":{"input_bytes":0,"input_values":0}}');
    await server.close();
  });

  test('a record at the limit of one MiB is stored, one above it refuses the whole batch', async () => {
    const { server, get, post } = await setUp();
    const fits = `{"x":"${'a'.repeat(1_048_576 - 8)}"}`;
    expect((await post(url, fits)).status).toBe(200);
    const answer = await post(url, `{"x":1}\n{"x":"${'a'.repeat(1_048_576 - 7)}"}\n`);
    expect(answer.status).toBe(413);
    expect(answer.text).toBe('Error parsing data, Serialized value too large - max 1048576 bytes\n');
    expect(answer.headers['content-type']).toMatch(/^text\/plain/);
    // Counted in bytes, not in characters.
    expect((await post(url, `{"x":"${'é'.repeat(600_000)}"}`)).status).toBe(413);
    expect(JSON.parse((await get(`${url}/stats`)).text).totals.input_values).toBe(1);
    await server.close();
  });

  test.each([
    ['malformed JSON', '{"x":1}\n{"x":\n', {}],
    ['a line that is no object', '{"x":1}\n[1]\n', {}],
    ['a number', '5', {}],
    ['null', 'null', {}],
    ['what is not UTF-8', new Uint8Array([0x7b, 0xff, 0x7d]), {}],
    ['what is not gzip though it says so', '{"x":1}', { 'content-encoding': 'gzip' }],
    ['gzip that ends early', gzipSync('{"x":1}').subarray(0, 20), { 'content-encoding': 'gzip' }],
  ])('%s refuses the whole batch with a line of text', async (_, body, headers) => {
    const { server, get, post } = await setUp();
    const answer = await post(`${url}?start=0`, body, headers);
    expect(answer.status).toBe(400);
    expect(answer.text).toMatch(/^Error parsing data, [^\n]+\n$/);
    expect((await get(url)).text).toBe('');
    await server.close();
  });

  test.each(['-1', 'x', '1.5', '1e3', '99999999999999999999'])('start=%s is refused', async (start) => {
    const { server, post } = await setUp();
    expect((await post(`${url}?start=${start}`, '{"x":1}')).status).toBe(400);
    await server.close();
  });

  test('an unknown coding is refused, and so is a body above the limit', async () => {
    await using server = await serveEmulator({ projects: [1], maxBodyBytes: 1000 });
    const { post } = rawClient(server.url, basic(server.emulator.apiKey));
    expect((await post(url, '{}', { 'content-encoding': 'br' })).status).toBe(415);
    expect((await post(url, `{"x":"${'a'.repeat(1000)}"}`)).status).toBe(413);
    const bomb = gzipSync(`{"x":"${'a'.repeat(100_000)}"}`);
    expect(bomb.length).toBeLessThan(1000);
    expect((await post(url, bomb, { 'content-encoding': 'gzip' })).status).toBe(413);
  });

  test('an empty write changes nothing', async () => {
    const { server, get, post } = await setUp();
    expect((await post(`${url}?start=5`, '')).status).toBe(200);
    expect((await get(url)).text).toBe('');
    await server.close();
  });
});
