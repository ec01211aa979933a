import { gzipSync } from 'node:zlib';
import { type EmulatorServer, serveEmulator } from 'tideway/node';
import { describe, expect, test } from 'vitest';
import { basic, jsonLines, type RawClient, rawClient } from '../helpers/raw-http.ts';

function clientOf(server: EmulatorServer): RawClient {
  return rawClient(server.url, basic(server.emulator.apiKey));
}

function batch(start: number, length: number): string {
  return Array.from({ length }, (_, n) => `{"n":${start + n}}\n`).join('');
}

describe('many clients at once', () => {
  test.each(['items', 'logs', 'requests', 'samples'])(
    'write %s at offsets of their own, some twice, and each record is there once, in its place',
    async (resource) => {
      await using server = await serveEmulator({ projects: [1] });
      const client = clientOf(server);
      const starts = Array.from({ length: 30 }, (_, n) => ((n * 7) % 30) * 20);
      const record: Record<string, (n: number) => object> = {
        items: (n) => ({ n }),
        logs: (n) => ({ time: 1, level: 20, message: String(n) }),
        requests: (n) => ({ time: 1, duration: 1, status: 200, method: 'GET', rs: n, url: 'u' }),
        samples: (n) => [1, n],
      };
      const body = (start: number): string =>
        Array.from({ length: 20 }, (_, n) => `${JSON.stringify(record[resource]?.(start + n))}\n`).join('');
      const answers = await Promise.all(
        [...starts, ...starts.slice(0, 10)].map((start, position) =>
          position % 2 === 0
            ? client.post(`/${resource}/1/1/1?start=${start}`, gzipSync(body(start)), { 'content-encoding': 'gzip' })
            : client.post(`/${resource}/1/1/1?start=${start}`, body(start)),
        ),
      );
      expect(answers.map(({ status }) => status)).toEqual(Array(40).fill(200));
      const stored = jsonLines((await client.get(`/${resource}/1/1/1`)).text);
      expect(stored).toEqual(Array.from({ length: 600 }, (_, n) => record[resource]?.(n)));
    },
  );

  test('append without saying where, and nothing of theirs is lost or torn apart', async () => {
    await using server = await serveEmulator({ projects: [1] });
    const client = clientOf(server);
    await Promise.all(Array.from({ length: 40 }, (_, n) => client.post('/items/1/1/1', batch(n * 10, 10))));
    const stored = jsonLines((await client.get('/items/1/1/1?meta=_key')).text);
    expect(stored.map(({ _key }) => _key)).toEqual(Array.from({ length: 400 }, (_, n) => `1/1/1/${n}`));
    const values = stored.map(({ n }) => n);
    for (let begin = 0; begin < 400; begin += 10) {
      expect(values.slice(begin, begin + 10)).toEqual(Array.from({ length: 10 }, (_, n) => values[begin] + n));
    }
    expect(new Set(values).size).toBe(400);
  });

  test('push, run and start jobs, and no number or job is given twice', async () => {
    await using server = await serveEmulator({ projects: [1], seed: { spiders: ['a'] } });
    const client = clientOf(server);
    const pushes = Array.from({ length: 20 }, () => client.post('/jobq/1/push', '{"spider":"a"}\n{"spider":"a"}'));
    const runs = Array.from({ length: 20 }, (_, n) => client.post('/api/run.json', `project=1&spider=a&n=${n}`));
    const pushed = (await Promise.all(pushes)).flatMap(({ text }) => jsonLines(text).map(({ key }) => key));
    const ran = (await Promise.all(runs)).map(({ text }) => JSON.parse(text).jobid);
    const keys = [...pushed, ...ran];
    expect(new Set(keys).size).toBe(60);
    expect((await client.get('/jobq/1/count?state=pending')).text).toBe('60');
    const starts = await Promise.all(Array.from({ length: 70 }, () => client.post('/jobq/1/startjob', '{}')));
    const started = starts.map(({ text }) => text).filter((text) => text !== '');
    expect(new Set(started.map((text) => JSON.parse(text).key))).toEqual(new Set(keys));
    expect(started).toHaveLength(60);
    const events = jsonLines((await client.get('/activity/1')).text).map(({ event, job }) => `${event} ${job}`);
    expect(events.sort()).toEqual(keys.flatMap((key) => [`job:scheduled ${key}`, `job:started ${key}`]).sort());
  });

  test('of which only one may have a unique job, and only one a run with the same arguments', async () => {
    await using server = await serveEmulator({ projects: [1], seed: { spiders: ['a'] } });
    const client = clientOf(server);
    const pushes = await Promise.all(
      Array.from({ length: 10 }, () => client.post('/jobq/1/push', '{"spider":"a","unique":"u"}')),
    );
    expect(pushes.filter(({ text }) => JSON.parse(text).key !== undefined)).toHaveLength(1);
    const runs = await Promise.all(
      Array.from({ length: 10 }, () => client.post('/api/run.json', 'project=1&spider=a&x=1')),
    );
    expect(runs.map(({ status }) => status).sort()).toEqual([200, ...Array(9).fill(400)]);
  });

  test('upsert into one collection, and the last value of each key stays', async () => {
    await using server = await serveEmulator({ projects: [1] });
    const client = clientOf(server);
    const body = (n: number): string =>
      Array.from({ length: 50 }, (_, k) => `{"_key":"k${(k + n) % 60}","n":${n}}`).join('\n');
    await Promise.all(Array.from({ length: 20 }, (_, n) => client.post('/collections/1/s/col', body(n))));
    expect((await client.get('/collections/1/s/col/count')).text).toBe('{"count":60,"scanned":60}');
    await client.post('/collections/1/s/col', body(99));
    const values = jsonLines((await client.get('/collections/1/s/col')).text).map(({ n }) => n);
    expect(values.filter((n) => n === 99)).toHaveLength(50);
  });
});
