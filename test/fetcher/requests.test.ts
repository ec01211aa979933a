import { setTimeout as sleep } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { Fetcher, type FetcherOptions, type FetchResult } from 'tideway/fetcher';
import { describe, expect, it } from 'vitest';
import { calledGetters, prints } from '../helpers/prints.ts';
import { rejection, thrown } from '../helpers/rejection.ts';
import { deferred, type Handler, sendJson, startServer } from '../helpers/server.ts';
import { VirtualClock } from '../helpers/virtual-clock.ts';

const once = { retry: false } as const;

describe('a result', () => {
  it('has what a response has, and how long it took', async () => {
    await using server = await startServer((response) => {
      response.setHeader('set-cookie', ['a=1=2; Path=/', 'b=; Secure']);
      sendJson(response, { hello: 'world' });
    });
    const result = await new Fetcher().fetch(`${server.url}a?b#c`);
    expect(result).toMatchObject({ url: `${server.url}a?b#c`, finalUrl: `${server.url}a?b#c`, redirects: [] });
    expect(result).toMatchObject({ status: 200, ok: true, attempts: 1, fromCache: false, skipped: false });
    expect(result.error).toBeUndefined();
    expect(result.headers.get('content-type')).toBe('application/json');
    expect({ ...result.cookies }).toEqual({ a: '1=2', b: '' });
    expect(await result.json()).toEqual({ hello: 'world' });
    expect(await result.text()).toBe('{"hello":"world"}');
    expect((await result.bytes()).length).toBe(17);
    const { queued, total, ttfb = Number.NaN } = result.timings;
    expect(queued).toBeGreaterThanOrEqual(0);
    expect(ttfb).toBeGreaterThan(0);
    expect(total).toBeGreaterThanOrEqual(queued + ttfb);
    expect(server.requests[0]?.url).toBe('/a?b');
  });

  it('of a status that is no success has no error', async () => {
    await using server = await startServer((response) => void response.writeHead(404).end());
    const result = await new Fetcher().fetch(server.url);
    expect(result).toMatchObject({ status: 404, ok: false, error: undefined });
    expect(await result.text()).toBe('');
  });

  it('reads text in the encoding that the server names, and in UTF-8 where that is unknown', async () => {
    await using server = await startServer((response, { url }) => {
      const charset = url === '/latin' ? 'iso-8859-1' : 'martian';
      response.writeHead(200, { 'content-type': `text/plain; charset=${charset}` });
      response.end(Buffer.from('é', url === '/latin' ? 'latin1' : 'utf8'));
    });
    const fetcher = new Fetcher();
    expect(await (await fetcher.fetch(`${server.url}latin`)).text()).toBe('é');
    expect(await (await fetcher.fetch(`${server.url}mars`)).text()).toBe('é');
  });

  it('of what is no JSON says where it stops being that', async () => {
    await using server = await startServer((response) => void response.end('{"a":\n oops}'));
    const result = await new Fetcher().fetch(server.url);
    expect(await rejection(result.json())).toMatchObject({ code: 'ERR_DECODE', line: 2 });
  });

  it('sends method, headers and body as they are given, and headers of the fetcher beside', async () => {
    await using server = await startServer((response) => void response.end());
    const fetcher = new Fetcher({ headers: { 'user-agent': 'acme/1.0', accept: 'text/html' } });
    await fetcher.fetch(server.url, { method: 'post', headers: { accept: 'text/plain' }, body: 'x=1' });
    await fetcher.fetch(new URL(server.url));
    const [posted, got] = server.requests;
    expect(posted).toMatchObject({ method: 'POST', body: 'x=1' });
    expect(posted?.headers).toMatchObject({ 'user-agent': 'acme/1.0', accept: 'text/plain' });
    expect(got?.headers).toMatchObject({ 'user-agent': 'acme/1.0', accept: 'text/html' });
  });
});

describe('what gives no answer', () => {
  const failures: [string, Handler, FetcherOptions, object][] = [
    ['a connection that is reset', (response) => void response.destroy(), {}, { code: 'ERR_CONNECTION' }],
    ['silence', () => {}, { timeout: 60 }, { code: 'ERR_TIMEOUT', phase: 'headers', timeout: 60 }],
    [
      'headers, and silence behind them',
      (response) => {
        response.writeHead(200).write('half');
      },
      { idleTimeout: 60 },
      { code: 'ERR_TIMEOUT', phase: 'idle', timeout: 60 },
    ],
    [
      'a body shorter than its length',
      async (response) => {
        response.writeHead(200, { 'content-length': 100 }).write('short');
        await sleep(20);
        response.destroy();
      },
      {},
      { code: 'ERR_CONNECTION' },
    ],
    [
      'a body above the limit',
      (response) => void response.end('x'.repeat(2_000)),
      { maxBodyBytes: 1_999 },
      { code: 'ERR_BODY_TOO_LARGE', limit: 1_999 },
    ],
    [
      'a small body that unpacks to a large one',
      (response) => {
        response.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync(Buffer.alloc(5_000_000)));
      },
      { maxBodyBytes: 1_000_000 },
      { code: 'ERR_BODY_TOO_LARGE' },
    ],
    ['more time than there is', () => {}, { deadline: 60 }, { code: 'ERR_TIMEOUT', phase: 'deadline', timeout: 60 }],
  ];

  it.each(failures)('is a typed error: %s', async (_, handler, options, expected) => {
    await using server = await startServer(handler);
    await using fetcher = new Fetcher({ ...once, ...options });
    const url = `${server.url}path?secret=hunter2`;
    const init = { headers: { authorization: 'Bearer hunter2' } };
    const error = await rejection(fetcher.fetch(url, init));
    expect(error).toMatchObject(expected);
    expect(prints(error) + calledGetters(error)).not.toContain('hunter2');
    const handled = deferred<FetchResult>();
    fetcher.enqueue(url, (_url, result) => handled.resolve(result), init);
    const result = await handled.promise;
    expect(result.error).toMatchObject(expected);
    expect(result.ok).toBe(false);
    expect(await rejection(result.text())).toBe(result.error);
    for await (const one of fetcher.map([url], init)) expect(one.error).toMatchObject(expected);
  });

  it('a refused connection, with its cause', async () => {
    const error = await rejection(new Fetcher(once).fetch('http://127.0.0.1:1/'));
    expect(error).toMatchObject({ code: 'ERR_CONNECTION', message: 'GET http://127.0.0.1:1/ got no answer' });
    expect((error as Error).cause).toBeInstanceOf(Error);
  });

  it.each([
    ['no URL', 'not a url', 'an absolute URL, got `not a url`'],
    ['another protocol', 'ftp://a.test/', 'a URL that begins with http: or https:, got `ftp:`'],
    ['a credential inside', 'http://user:hunter2@a.test/', 'a URL without a credential'],
    ['a broken one with a secret', 'http://:?hunter2', 'an absolute URL, got string'],
  ])('%s is the error of its result', async (_, url, message) => {
    const error = await rejection(new Fetcher().fetch(url));
    expect(error).toMatchObject({ code: 'ERR_CONFIGURATION' });
    expect(String(error)).toContain(message);
    expect(prints(error)).not.toContain('hunter2');
  });

  it.each([
    ['a body with GET', { body: 'x' }, 'a request of GET to have no `body`'],
    ['a method that `fetch` refuses', { method: 'TRACE' }, '`method` to be one that `fetch` can send, got `TRACE`'],
    ['a header that HTTP refuses', { headers: { a: 'hunter2\nb' } }, '`headers` to be names and values'],
  ])('%s is the error of its result', async (_, init, message) => {
    const error = await rejection(new Fetcher().fetch('http://a.test/', init));
    expect(String(error)).toContain(message);
    expect(prints(error)).not.toContain('hunter2');
  });

  it('a body that somebody else reads', async () => {
    const body = new ReadableStream();
    body.getReader();
    const error = await rejection(new Fetcher().fetch('http://a.test/', { method: 'POST', body }));
    expect(String(error)).toContain('`body` to be a stream that nobody reads');
  });
});

describe('the limit on silence', () => {
  it('begins anew with every chunk of a body', async () => {
    const clock = new VirtualClock();
    let left = 4;
    const body = (): ReadableStream<Uint8Array> =>
      new ReadableStream(
        {
          async pull(controller) {
            await clock.wait(6_000);
            if (left-- > 0) controller.enqueue(new Uint8Array(10));
            else controller.close();
          },
        },
        { highWaterMark: 0 },
      );
    const fetcher = new Fetcher({ ...once, clock, idleTimeout: 9_000, fetch: async () => new Response(body()) });
    const started = clock.now();
    const result = await clock.run(fetcher.fetch('http://a.test/'));
    expect((await result.bytes()).length).toBe(40);
    expect(clock.now() - started).toBe(30_000);
    expect(clock.timers).toBe(0);
  });

  it('holds for each of many bodies at once, and for the shorter of two', async () => {
    const clock = new VirtualClock();
    const fetcher = new Fetcher({
      ...once,
      clock,
      fetch: async () => new Response(new ReadableStream({ pull: () => new Promise(() => {}) })),
    });
    const times: number[] = [];
    const started = clock.now();
    const fail = async (idleTimeout: number): Promise<void> => {
      const error = await rejection(fetcher.fetch('http://a.test/', { idleTimeout }));
      times.push(clock.now() - started);
      expect(error).toMatchObject({ phase: 'idle', timeout: idleTimeout });
    };
    await clock.run(Promise.all([fail(5_000), fail(1_000), fail(3_000)]));
    expect(times).toEqual([1_000, 3_000, 5_000]);
    expect(clock.timers).toBe(0);
  });
});

describe('options that cannot work are refused', () => {
  it.each<[string, unknown]>([
    ['concurrency', 0],
    ['concurrency', '5'],
    ['concurrency', Number.POSITIVE_INFINITY],
    ['concurrency', 1.5],
    ['timeout', 0],
    ['timeout', 2 ** 31],
    ['idleTimeout', Number.NaN],
    ['deadline', -1],
    ['maxBodyBytes', -1],
    ['maxRedirects', -1],
    ['maxQueueSize', 0],
    ['fetch', 'fetch'],
    ['autoStart', 'no'],
    ['signal', {}],
    ['limits', {}],
    ['secretHeaders', 'x-key'],
    ['headers', { 'not a name': 'x' }],
  ])('%s: %s', (name, value) => {
    const error = thrown(() => new Fetcher({ [name]: value }));
    expect(error).toMatchObject({ code: 'ERR_CONFIGURATION' });
    expect(String(error)).toContain(`\`${name}\``);
  });

  it.each<[string, object]>([
    ['retry.attempts', { attempts: 0 }],
    ['retry.maxTime', { maxTime: -1 }],
    ['retry.methods', { methods: 'GET' }],
    ['retry.budget', { budget: -1 }],
  ])('%s', (name, retry) => {
    expect(String(thrown(() => new Fetcher({ retry })))).toContain(`\`${name}\``);
  });

  it('also of one request, at once', () => {
    const fetcher = new Fetcher();
    expect(String(thrown(() => fetcher.enqueue('http://a.test', undefined, { priority: Number.NaN })))).toContain(
      '`priority`',
    );
    expect(String(thrown(() => fetcher.enqueue('http://a.test', 'x' as never)))).toContain('`handler`');
    expect(String(thrown(() => fetcher.enqueue(7 as never)))).toContain(
      'a URL to be text or a `URL`, got `7` (number)',
    );
    expect(String(thrown(() => fetcher.on('nothing' as never, () => {})))).toContain('an event to be one of hop');
  });
});

describe('a body that is handed over', () => {
  it('comes as it comes, whatever its size, and keeps its place until it is read', async () => {
    const more = deferred();
    await using server = await startServer(async (response, { url }) => {
      if (url !== '/stream') return void response.end('other');
      response.writeHead(200).write('first');
      await more.promise;
      response.end('second');
    });
    const fetcher = new Fetcher({ concurrency: 1, maxBodyBytes: 1 });
    const result = await fetcher.fetch(`${server.url}stream`, { stream: true });
    expect(fetcher.pending).toBe(1);
    const other = fetcher.fetch(`${server.url}other`, { maxBodyBytes: 100 });
    await sleep(30);
    expect(server.requests).toHaveLength(1);
    more.resolve();
    expect(await result.text()).toBe('firstsecond');
    expect(await (await other).text()).toBe('other');
    expect(await rejection(result.text())).toBeInstanceOf(Error);
    await fetcher.idle();
  });

  it('gives back its place when it is cancelled', async () => {
    await using server = await startServer((response) => void response.writeHead(200).write('first'));
    const fetcher = new Fetcher({ concurrency: 1 });
    const result = await fetcher.fetch(server.url, { stream: true });
    await result.body?.cancel();
    await fetcher.idle();
    expect(fetcher.pending).toBe(0);
  });

  it('fails with the reason of an abort, and with the limit on silence', async () => {
    await using server = await startServer((response) => void response.writeHead(200).write('first'));
    await using fetcher = new Fetcher({ idleTimeout: 60 });
    const controller = new AbortController();
    const aborted = await fetcher.fetch(server.url, { stream: true, signal: controller.signal });
    const reason = new Error('enough');
    controller.abort(reason);
    expect(await rejection(aborted.text())).toBe(reason);
    const silent = await fetcher.fetch(server.url, { stream: true });
    expect(await rejection(silent.text())).toMatchObject({ phase: 'idle' });
    await fetcher.idle();
  });
});

describe('a fetch that is handed in', () => {
  it('is asked in place of the platform', async () => {
    const urls: string[] = [];
    const fetcher = new Fetcher({
      fetch: async (url) => {
        urls.push(url);
        return new Response('mine');
      },
    });
    expect(await (await fetcher.fetch('https://a.test/b')).text()).toBe('mine');
    expect(urls).toEqual(['https://a.test/b']);
  });

  it('that throws at once, or never notices an abort, does no harm', async () => {
    const fetcher = new Fetcher({
      ...once,
      timeout: 30,
      fetch: (url) => {
        if (url.endsWith('throws')) throw new RangeError('odd');
        return new Promise(() => {});
      },
    });
    expect(await rejection(fetcher.fetch('http://a.test/throws'))).toMatchObject({ code: 'ERR_CONNECTION' });
    expect(await rejection(fetcher.fetch('http://a.test/silent'))).toMatchObject({ phase: 'headers' });
    await fetcher.idle();
  });
});
