import { serveEmulator } from 'tideway/node';
import { describe, expect, test } from 'vitest';
import { basic, rawClient, send } from '../helpers/raw-http.ts';

describe('the settings of a project', () => {
  test('are one object, read whole or one by one, and merged by a post', async () => {
    await using server = await serveEmulator({ projects: [1, 2], seed: { settings: { kept: [1, { a: null }] } } });
    const client = rawClient(server.url, basic(server.emulator.apiKey));
    expect((await client.get('/projects/2/settings')).text).toBe('{}');
    const written = await client.post('/projects/1/settings', '{"name": "café", "limit": 5}');
    expect(written.status).toBe(200);
    expect(written.headers['content-type']).toBe('text/plain; charset=utf-8');
    expect(written.text).toBe('');
    await client.post('/projects/1/settings', '{"limit": 6, "none": null, "__proto__": 1}');

    const all = await client.get('/projects/1/settings');
    expect(all.headers['content-type']).toBe('application/json');
    expect(all.text).toBe('{"kept": [1, {"a": null}], "name": "caf\\u00e9", "limit": 6, "none": null, "__proto__": 1}');
    expect((await client.get('/projects/1/settings/name')).text).toBe('"caf\\u00e9"');
    expect((await client.get('/projects/1/settings/none')).text).toBe('null');
    expect((await client.get('/projects/1/settings/absent')).text).toBe('null');
    expect((await client.get('/projects/1/settings/constructor')).text).toBe('null');
    expect((await client.get('/projects/2/settings')).text).toBe('{}');
  });

  test('are deleted one by one, also those that are not there', async () => {
    await using server = await serveEmulator({
      projects: [1, 2],
      seed: {
        settings: [
          { project: 2, values: { 'a b/c': 1 } },
          { project: 2, values: { other: 2 } },
        ],
      },
    });
    const client = rawClient(server.url, basic(server.emulator.apiKey));
    expect((await client.get('/projects/2/settings/a%20b%2Fc')).text).toBe('1');
    for (let time = 0; time < 2; time += 1) {
      const removed = await client.remove('/projects/2/settings/a%20b%2Fc');
      expect([removed.status, removed.text]).toEqual([200, '']);
      expect(removed.headers['content-type']).toBe('text/plain; charset=utf-8');
    }
    expect((await client.get('/projects/2/settings/')).text).toBe('{"other": 2}');
  });

  test('what cannot be settings is refused in the style of the job queue', async () => {
    await using server = await serveEmulator({ projects: [1] });
    const client = rawClient(server.url, basic(server.emulator.apiKey));
    for (const body of ['[1]', '"a"', 'no JSON', '']) {
      const answer = await client.post('/projects/1/settings', body);
      expect([answer.status, JSON.parse(answer.text).error]).toEqual([400, 'Bad Request']);
    }
    expect((await client.post('/projects/1/settings/name', '1')).status).toBe(405);
    expect((await client.get('/projects/2/settings')).status).toBe(403);
    expect((await send(server.url, { path: '/projects/1/settings' })).status).toBe(401);
    expect((await client.get('/projects/1/settings')).text).toBe('{}');
  });
});
