import { decodeMulti } from '@msgpack/msgpack';
import { serveEmulator } from 'tideway/node';
import { describe, expect, test } from 'vitest';
import { basic, rawClient } from '../helpers/raw-http.ts';

function nested(levels: number): string {
  return `${'['.repeat(levels)}"]]]]["${']'.repeat(levels)}`;
}

describe('values that are nested deeply', () => {
  const writes = [
    ['/items/1/1/1', (value: string) => `{"a":${value}}`],
    ['/activity/1', (value: string) => `{"a":${value}}`],
    ['/collections/1/s/col', (value: string) => `{"_key":"k","a":${value}}`],
    ['/hcf/1/f/s/s', (value: string) => `{"fp":"k","qdata":${value}}`],
    ['/projects/1/settings', (value: string) => `{"a":${value}}`],
    ['/jobq/1/push', (value: string) => `{"spider":"a","a":${value}}`],
    ['/jobq/1/cancel', (value: string) => value],
    ['/api/run.json', (value: string) => `project=1&spider=a&meta=${encodeURIComponent(`{"a":${value}}`)}`],
  ] as const;

  test.each(writes)('are refused above a thousand levels by %s, which stores nothing', async (path, body) => {
    await using server = await serveEmulator({ projects: [1], seed: { spiders: ['a'] } });
    const client = rawClient(server.url, basic(server.emulator.apiKey));
    for (const levels of [1_001, 100_000]) {
      const answer = await client.post(path, body(nested(levels)));
      expect(answer.status).toBe(400);
      expect(answer.text).toContain('nested more than 1000 levels deep');
    }
    for (const read of ['/items/1/1/1', '/collections/1/list', '/activity/1', '/jobq/1/list?state=pending']) {
      expect((await client.get(read)).text).toBe('');
    }
    expect((await client.get('/hcf/1/list')).text).toBe('[]');
    expect((await client.get('/projects/1/settings')).text).toBe('{}');
  });

  test('come back whole up to there, in every format', async () => {
    await using server = await serveEmulator({ projects: [1] });
    const client = rawClient(server.url, basic(server.emulator.apiKey));
    const value = nested(999);
    await client.post('/items/1/1/1', `{"a":${value}}`);
    await client.post('/collections/1/s/col', `{"_key":"k","a":${value}}`);
    expect((await client.get('/items/1/1/1')).text).toBe(`{"a":${value}}\n`);
    expect((await client.get('/items/1/1/1/stats')).text).toContain('"input_values":1');
    expect((await client.get('/collections/1/s/col/k')).text).toBe(`{"a":${value}}\n`);
    const packed = await client.get('/collections/1/s/col/k?meta=_key', { accept: 'application/x-msgpack' });
    expect([...decodeMulti(packed.bytes)]).toEqual([{ a: JSON.parse(value), _key: 'k' }]);
    expect((await client.get('/items/1/1/1?format=xml')).text).toContain(']]]][');
    // Brackets within a text are no nesting, whatever else is in it.
    const text = `"\\"${'['.repeat(3_000)}\\\\"`;
    expect((await client.post('/items/1/1/2', `{"a":${text}}`)).status).toBe(200);
    expect((await client.get('/items/1/1/2')).text).toBe(`{"a":${text}}\n`);
    const filter = encodeURIComponent(`["a","=",[${nested(900)}]]`);
    expect((await client.get(`/items/1/1/1?filter=${filter}`)).text).toBe('');
  });
});
