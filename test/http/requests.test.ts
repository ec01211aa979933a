import { Connection, path, type RequestOptions } from 'tideway';
import { expect, test } from 'vitest';
import { type SeenRequest, sendJson, startServer } from '../helpers/server.ts';

/** A request as the server gets it. */
async function seen(options: RequestOptions, userAgent?: string): Promise<SeenRequest> {
  await using server = await startServer((response) => sendJson(response, null));
  await new Connection({ endpoint: server.url, userAgent }).json(path`/items`, options);
  return server.requests[0] as SeenRequest;
}

test('A request is a GET that takes any type', async () => {
  const { method, url, headers, body } = await seen({});
  expect(method).toBe('GET');
  expect(url).toBe('/items');
  expect(headers.accept).toBe('*/*');
  expect(headers.authorization).toBeUndefined();
  expect(body).toBe('');
});

test('The user agent names tideway and its version, or what the user wants', async () => {
  expect((await seen({})).headers['user-agent']).toMatch(/^tideway\/\d+\.\d+\.\d+/);
  expect((await seen({}, 'acme/1.0 (+https://acme.example/)')).headers['user-agent']).toBe(
    'acme/1.0 (+https://acme.example/)',
  );
});

test('A query is encoded: lists are repeated, undefined is left out, true and false are 1 and 0', async () => {
  const query = { a: 'x y&z=ü', list: ['1', 2, true], none: undefined, yes: true, no: false, zero: 0, empty: '' };
  const { url } = await seen({ query });
  expect(url).toBe('/items?a=x+y%26z%3D%C3%BC&list=1&list=2&list=1&yes=1&no=0&zero=0&empty=');
  expect((await seen({ query: {} })).url).toBe('/items');
  expect((await seen({ query: { none: undefined } })).url).toBe('/items');
});

test('A form is a body of fields', async () => {
  const { method, headers, body } = await seen({
    method: 'POST',
    form: { spider: 'a b', tag: ['x', 'y'], none: undefined },
  });
  expect(method).toBe('POST');
  expect(headers['content-type']).toBe('application/x-www-form-urlencoded;charset=UTF-8');
  expect(body).toBe('spider=a+b&tag=x&tag=y');
});

test('JSON is a body of JSON', async () => {
  const { headers, body } = await seen({ method: 'POST', json: { some: ['json', null, 'ü'] } });
  expect(headers['content-type']).toBe('application/json');
  expect(JSON.parse(body)).toEqual({ some: ['json', null, 'ü'] });
});

test.each([null, false, 0, ''])('%j is JSON too', async (json) => {
  expect((await seen({ method: 'PUT', json })).body).toBe(JSON.stringify(json));
});

test('A body is sent as it is', async () => {
  expect((await seen({ method: 'POST', body: 'some text' })).body).toBe('some text');
  expect((await seen({ method: 'POST', body: new TextEncoder().encode('some bytes ✓') })).body).toBe('some bytes ✓');
});

test('Headers of a call are added, and are stronger than those of tideway', async () => {
  const headers = { accept: 'text/csv', 'x-some': 'header', 'content-type': 'application/x-jsonlines' };
  const request = await seen({ method: 'POST', body: '{}', headers });
  expect(request.headers).toMatchObject(headers);
});

test('An answer of JSON is parsed, and an empty one is undefined', async () => {
  const bodies = ['{"some":"json"}', '', ' \n', '[1,2]\n', 'null', '"text"', '12'];
  await using server = await startServer((response, _request, count) => {
    response.end(bodies[count - 1]);
  });
  const connection = new Connection({ endpoint: server.url });
  const answers: unknown[] = [];
  for (const _body of bodies) answers.push(await connection.json(path`/count`));
  expect(answers).toEqual([{ some: 'json' }, undefined, undefined, [1, 2], null, 'text', 12]);
});

test('Half of a character at the end of a text is not dropped in silence', async () => {
  await using server = await startServer((response) => {
    response.end(Buffer.from('grün').subarray(0, 3));
  });
  expect(await new Connection({ endpoint: server.url }).text(path`/count`)).toBe('gr\ufffd');
});

test('An answer of text is decoded as UTF-8, wherever the network cuts it', async () => {
  const bytes = Buffer.from('grün ✓ 🌊');
  await using server = await startServer(async (response) => {
    for (const byte of bytes) {
      response.write(Buffer.from([byte]));
      await new Promise((resolve) => setImmediate(resolve));
    }
    response.end();
  });
  expect(await new Connection({ endpoint: server.url }).text(path`/count`)).toBe('grün ✓ 🌊');
});
