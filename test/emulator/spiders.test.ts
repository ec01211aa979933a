import { createEmulator, type SpiderContext } from 'tideway/emulator';
import { serveEmulator } from 'tideway/node';
import { describe, expect, test } from 'vitest';
import { basic, jsonLines, rawClient } from '../helpers/raw-http.ts';

type Options = Parameters<typeof serveEmulator>[0];

async function setUp(options: Options) {
  const server = await serveEmulator({ projects: [1], ...options });
  const client = rawClient(server.url, basic(server.emulator.apiKey));
  const json = async (path: string) => JSON.parse((await client.get(path)).text);
  const run = async (spider: string, extra = '') =>
    JSON.parse((await client.post('/api/run.json', `project=1&spider=${spider}${extra}`)).text);
  const state = async (): Promise<string> => json('/jobs/1/1/1/state');
  const until = async (wanted: string): Promise<void> => {
    while ((await state()) !== wanted) await new Promise((resolve) => setTimeout(resolve, 5));
  };
  return { server, emulator: server.emulator, ...client, json, run, state, until };
}

/** A spider that works until it is told to stop. */
async function endless({ signal }: SpiderContext): Promise<void> {
  await new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
}

describe('programs that play spiders', () => {
  test('go from pending to running to finished by themselves, and write real records', async () => {
    let finish = (): void => {};
    const { server, emulator, get, json, run, state, until } = await setUp({
      startDelay: 700,
      spiders: {
        quotes: async ({ key, spider, args, settings, items, logs, requests, samples }) => {
          logs.info(`start of ${spider} ${key}`);
          logs.debug('d');
          logs.warning('w');
          logs.error('e');
          logs.log('c', 50);
          const parent = await requests.add({
            url: 'http://a/',
            status: 200,
            method: 'GET',
            rs: 10,
            duration: 5,
            time: 7,
          });
          await requests.add({ url: 'http://b/', status: 200, method: 'GET', rs: 10, duration: 5, time: 8, parent });
          await samples.write([1, 2, 3]);
          expect(await items.write({ text: 'first', ...args, ...settings })).toBe(0);
          expect(await items.write({ text: 'second' })).toBe(1);
          await new Promise<void>((resolve) => {
            finish = resolve;
          });
        },
      },
    });
    const answer = await run('quotes', '&n=5&job_settings={"DELAY":2}');
    expect(answer).toEqual({ status: 'ok', jobid: '1/1/1' });
    expect(await state()).toBe('pending');
    await until('running');
    expect(await json('/jobs/1/1/1')).toMatchObject({ _shub_worker: 'kumo', started_by: 'admin' });
    finish();
    await emulator.idle();
    const meta = await json('/jobs/1/1/1');
    expect(meta).toMatchObject({
      state: 'finished',
      close_reason: 'finished',
      completed_by: 'admin',
      scrapystats: {
        finish_reason: 'finished',
        item_scraped_count: 2,
        response_received_count: 2,
        'log_count/ERROR': 1,
      },
    });
    expect(meta.pending_time < meta.running_time && meta.running_time < meta.finished_time).toBe(true);
    expect((await get('/items/1/1/1')).text).toBe('{"text":"first","n":"5","DELAY":2}\n{"text":"second"}\n');
    expect(jsonLines((await get('/logs/1/1/1')).text).map(({ level, message }) => [level, message])).toEqual([
      [20, 'start of quotes 1/1/1'],
      [10, 'd'],
      [30, 'w'],
      [40, 'e'],
      [50, 'c'],
    ]);
    expect(jsonLines((await get('/requests/1/1/1')).text)[1]).toMatchObject({ time: 8, parent: 0, url: 'http://b/' });
    expect((await get('/samples/1/1/1')).text).toBe('[1,2,3]');
    expect(jsonLines((await get('/jobq/1/list')).text)[0]).toMatchObject({ items: 2, pages: 2, logs: 5, errors: 2 });
    await server.close();
  });

  test('may talk to the emulator with a credential of their own', async () => {
    const { server, emulator, get, run } = await setUp({
      spiders: {
        own: async ({ auth, fetch, key }) => {
          const headers = { authorization: `Basic ${btoa(auth)}` };
          const answer = await fetch(`https://storage.zyte.com/items/${key}?start=0`, {
            method: 'POST',
            headers,
            body: '{"by":"fetch"}',
          });
          return `wrote ${answer.status}`;
        },
      },
    });
    await run('own');
    await emulator.idle();
    expect((await get('/items/1/1/1')).text).toBe('{"by":"fetch"}\n');
    expect((await get('/jobs/1/1/1/close_reason')).text).toBe('"wrote 200"');
    await server.close();
  });

  test('finish with the reason that they throw, which is logged as an error', async () => {
    const { server, emulator, get, json, run } = await setUp({
      spiders: {
        broken: async ({ items }) => {
          await items.write({ a: 1 });
          throw new RangeError('no more pages\nsecond line');
        },
      },
    });
    await run('broken');
    await emulator.idle();
    expect(await json('/jobs/1/1/1')).toMatchObject({ state: 'finished', close_reason: 'no more pages' });
    expect(jsonLines((await get('/logs/1/1/1')).text)).toEqual([
      { time: expect.any(Number), level: 40, message: 'RangeError: no more pages\nsecond line' },
    ]);
    expect((await get('/items/1/1/1')).text).toBe('{"a":1}\n');
    await server.close();
  });

  test('may be plain functions, and may throw anything', async () => {
    const { server, emulator, json, run } = await setUp({
      spiders: {
        plain: () => {
          throw 'a text';
        },
      },
    });
    await run('plain');
    await emulator.idle();
    expect(await json('/jobs/1/1/1')).toMatchObject({ state: 'finished', close_reason: 'a text' });
    await server.close();
  });

  test('see a signal when they are cancelled, and end as cancelled', async () => {
    const { server, emulator, get, json, post, run, until } = await setUp({ spiders: { endless } });
    await run('endless');
    await until('running');
    expect((await post('/jobq/1/1/1/cancel', '')).text).toBe('{"count": 1}');
    await emulator.idle();
    expect(await json('/jobs/1/1/1')).toMatchObject({
      state: 'finished',
      close_reason: 'cancelled',
      cancelled_by: 'admin',
    });
    expect((await get('/logs/1/1/1')).text).toBe('');
    await server.close();
  });

  test('that do not look at the signal end in their own time', async () => {
    let finish = (): void => {};
    const { server, emulator, json, post, run, until } = await setUp({
      spiders: {
        deaf: () =>
          new Promise<void>((resolve) => {
            finish = resolve;
          }),
      },
    });
    await run('deaf');
    await until('running');
    await post('/jobq/1/cancel', '[{"key":"1/1/1"}]');
    expect(await json('/jobs/1/1/1')).toMatchObject({ state: 'running', cancelled_by: 'admin' });
    finish();
    await emulator.idle();
    expect(await json('/jobs/1/1/1')).toMatchObject({ state: 'finished', close_reason: 'cancelled' });
    await server.close();
  });

  test('never run when they are cancelled while they wait', async () => {
    let hasRun = false;
    const { server, emulator, json, post, run } = await setUp({
      startDelay: 10_000,
      spiders: {
        late: () => {
          hasRun = true;
        },
      },
    });
    await run('late');
    await post('/jobq/1/1/1/cancel', '');
    await emulator.idle();
    expect(hasRun).toBe(false);
    expect(await json('/jobs/1/1/1')).toMatchObject({ state: 'finished', close_reason: 'cancelled' });
    expect(await json('/jobs/1/1/1/running_time')).toBe(null);
    await server.close();
  });

  test('are told when their job is finished or removed from outside, and cannot change its end', async () => {
    const { server, emulator, get, json, post, remove, run, until } = await setUp({ spiders: { endless } });
    await run('endless');
    await until('running');
    await post('/jobq/1/update', '{"key":"1/1/1","state":"finished","close_reason":"mine"}');
    await emulator.idle();
    expect(await json('/jobs/1/1/1')).toMatchObject({ state: 'finished', close_reason: 'mine' });
    await run('endless');
    await remove('/jobs/1/1/2');
    await emulator.idle();
    expect((await get('/jobs/1/1/2')).text).toBe('');
    await server.close();
  });

  test('are not what a worker is given that asks for the next job', async () => {
    const { server, post, run } = await setUp({ startDelay: 10_000, spiders: { endless } });
    await run('endless');
    expect((await post('/jobq/1/startjob', '{}')).text).toBe('');
    await server.close();
  });

  test('can only be run in projects that exist, and are spiders there from the beginning', async () => {
    const { server, json } = await setUp({ spiders: { endless } });
    expect((await json('/api/spiders/list.json?project=1')).spiders).toMatchObject([{ id: 'endless' }]);
    await server.close();
  });

  test('leave timers and sockets their turn while they write', async () => {
    const { server, emulator, json, run, until, post } = await setUp({
      spiders: {
        busy: async ({ items, signal }) => {
          for (let n = 0; !signal.aborted; n += 1) await items.write({ n });
        },
      },
    });
    await run('busy');
    await until('running');
    await post('/jobq/1/1/1/cancel', '');
    await emulator.idle();
    expect(await json('/jobs/1/1/1')).toMatchObject({ state: 'finished', close_reason: 'cancelled' });
    await server.close();
  });

  test('are refused records that the server would refuse', async () => {
    const { server, emulator, json, run } = await setUp({
      spiders: { big: async ({ items }) => void (await items.write({ text: 'x'.repeat(1_048_577) })) },
    });
    await run('big');
    await emulator.idle();
    expect((await json('/jobs/1/1/1')).close_reason).toContain('max 1048576 bytes');
    await server.close();
  });

  test('end when the emulator is closed, whatever they do', async () => {
    const emulator = createEmulator({ projects: [1], spiders: { deaf: () => new Promise(() => {}), endless } });
    const headers = { authorization: basic(emulator.apiKey) };
    for (const spider of ['deaf', 'endless']) {
      await emulator.fetch('https://app.zyte.com/api/run.json', {
        method: 'POST',
        headers,
        body: new URLSearchParams({ project: '1', spider }),
      });
    }
    await new Promise((resolve) => setTimeout(resolve, 20));
    const idle = emulator.idle();
    await emulator.close();
    await idle;
    await expect(emulator.fetch('https://storage.zyte.com/system/ts')).rejects.toBeInstanceOf(TypeError);
  });
});
