import { decodeMulti } from '@msgpack/msgpack';
import { serveEmulator } from 'tideway/node';
import { describe, expect, test } from 'vitest';
import { basic, rawClient } from '../helpers/raw-http.ts';

async function setUp() {
  const server = await serveEmulator({ projects: [1] });
  return { server, ...rawClient(server.url, basic(server.emulator.apiKey)) };
}

describe('logs', () => {
  const lines = [
    '{"message":"one","time":1000,"level":10,"idx":1}',
    '{"level": 40, "message": "two", "time": 900}',
    '{"message":"three","time":1002,"level":20}',
  ].join('\n');

  test('lose fields that logs do not have, keep their order, and end without a newline', async () => {
    const { server, get, post } = await setUp();
    await post('/logs/1/1/1?start=0', lines);
    const answer = await get('/logs/1/1/1');
    expect(answer.headers['content-type']).toBe('application/x-jsonlines; charset=UTF-8');
    expect(answer.text).toBe(
      '{"time":1000,"level":10,"message":"one"}\n{"time":900,"level":40,"message":"two"}\n{"time":1002,"level":20,"message":"three"}',
    );
    expect((await get('/logs/1/1/1?meta=_key&startafter=1/1/1/1')).text).toBe(
      '{"_key":"1/1/1/2","time":1002,"level":20,"message":"three"}',
    );
    expect((await get('/logs/1/1/1?meta=_key&meta=_ts&count=1')).text).toMatch(
      /^\{"_key":"1\/1\/1\/0","_ts":\d{13},"time":1000,/,
    );
    await server.close();
  });

  test('are read from a level up with a filter', async () => {
    const { server, get, post } = await setUp();
    await post('/logs/1/1/1?start=0', lines);
    const answer = await get('/logs/1/1/1?filter=%5B%22level%22%2C+%22%3E%3D%22%2C+%5B20%5D%5D');
    expect(answer.text).toBe('{"time":900,"level":40,"message":"two"}\n{"time":1002,"level":20,"message":"three"}');
    await server.close();
  });

  test('count by level, and each message as its length and one', async () => {
    const { server, get, post } = await setUp();
    await post('/logs/1/1/1?start=0', lines);
    await post('/logs/1/1/1?start=2', '{"message":"again","time":1,"level":40}');
    expect(JSON.parse((await get('/logs/1/1/1/stats')).text)).toEqual({
      counts: { 10: 1, 40: 2 },
      totals: { input_values: 3, input_bytes: 4 + 4 + 6 },
    });
    await server.close();
  });

  test('never carry a key in msgpack', async () => {
    const { server, get, post } = await setUp();
    await post('/logs/1/1/1?start=0', '{"message":"x","time":1477663573141,"level":20}');
    const answer = await get('/logs/1/1/1?meta=_key', { accept: 'application/x-msgpack' });
    expect([...decodeMulti(answer.bytes)]).toEqual([{ time: 1477663573141, level: 20, message: 'x' }]);
    expect(answer.bytes.toString('hex')).toMatch(/^83a474696d65cf/);
    await server.close();
  });

  test('have columns by default in CSV', async () => {
    const { server, get, post } = await setUp();
    await post('/logs/1/1/1?start=0', lines);
    expect((await get('/logs/1/1/1?format=csv&include_headers=Y&count=1')).text).toBe(
      'time,level,message\n1000,10,one\n',
    );
    await server.close();
  });
});

describe('requests', () => {
  test('have their own order of fields and leave out what is null', async () => {
    const { server, get, post } = await setUp();
    await post(
      '/requests/1/1/1?start=0',
      [
        '{"url":"http://a/","status":200,"method":"GET","rs":10,"duration":5,"parent":null,"time":1,"fp":null,"other":1}',
        '{"url":"http://b/","status":404,"method":"POST","rs":0,"duration":1,"parent":0,"time":2,"fp":"f"}',
      ].join('\n'),
    );
    expect((await get('/requests/1/1/1')).text).toBe(
      '{"time":1,"duration":5,"status":200,"method":"GET","rs":10,"url":"http://a/"}\n' +
        '{"time":2,"parent":0,"duration":1,"status":404,"method":"POST","rs":0,"url":"http://b/","fp":"f"}',
    );
    expect((await get('/requests/1/1/1?meta=_key&count=1')).text).toMatch(/^\{"_key":"1\/1\/1\/0","time":1,/);
    expect((await get('/requests/1/1/1/1')).text).toMatch(/^\{"time":2,/);
    expect(JSON.parse((await get('/requests/1/1/1/stats')).text).counts).toEqual({
      url: 2,
      status: 2,
      method: 2,
      rs: 2,
      duration: 2,
      parent: 1,
      fp: 1,
    });
    await server.close();
  });
});

describe('samples', () => {
  test('are arrays of numbers, without meta and without statistics', async () => {
    const { server, get, post } = await setUp();
    await post('/samples/1/1/1?start=0', '[1476803148638, 1, 2.5, 3]\n[1476803148639, 5, 9, 4]\n');
    expect((await get('/samples/1/1/1?meta=_key')).text).toBe('[1476803148638,1,2.5,3]\n[1476803148639,5,9,4]');
    const packed = await get('/samples/1/1/1', { accept: 'application/x-msgpack' });
    expect([...decodeMulti(packed.bytes)]).toEqual([
      [1476803148638, 1, 2.5, 3],
      [1476803148639, 5, 9, 4],
    ]);
    expect((await get('/samples/1/1/1/stats')).status).toBe(404);
    await server.close();
  });

  test.each(['{"a":1}', '["a"]', '5', '[[1]]'])('%s is no sample', async (body) => {
    const { server, post } = await setUp();
    expect((await post('/samples/1/1/1', body)).status).toBe(400);
    await server.close();
  });
});
