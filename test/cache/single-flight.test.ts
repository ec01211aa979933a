import type { ServerResponse } from 'node:http';
import { cachedFetch, type MemoryCacheOptions, memoryCache } from 'tideway/cache';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { rejection } from '../helpers/rejection.ts';
import { deferred, type Handler, startServer, type TestServer } from '../helpers/server.ts';

let server: TestServer;

afterEach(() => server?.close());

async function open(
  handler: Handler,
  options: MemoryCacheOptions = {},
): Promise<{ fetch: ReturnType<typeof cachedFetch>; cache: ReturnType<typeof memoryCache> }> {
  server = await startServer(handler);
  const cache = memoryCache(options);
  return { fetch: cachedFetch(cache), cache };
}

const until = (condition: () => boolean): Promise<void> =>
  vi.waitFor(() => expect(condition()).toBe(true), { timeout: 10_000, interval: 5 });

/** Writes bytes as fast as the client takes them; ends early when the client leaves. */
async function write(
  response: ServerResponse,
  bytes: number,
  wrote: (bytes: number) => void = () => {},
): Promise<void> {
  const chunk = Buffer.alloc(64 * 1024, 'x');
  let wake = (): void => {};
  const closed = (): void => wake();
  response.once('close', closed);
  for (let written = 0; written < bytes && !response.destroyed; written += chunk.length) {
    wrote(written);
    if (response.write(chunk)) continue;
    await new Promise<void>((resolve) => {
      wake = resolve;
      response.once('drain', resolve);
    });
  }
  response.off('close', closed);
}

describe('identical requests in the air', () => {
  it('become one, and everybody gets the whole answer', async () => {
    const ready = deferred();
    const { fetch } = await open(async (response, _, count) => {
      await ready.promise;
      response.end(`answer ${count}`);
    });
    const answers = Array.from({ length: 50 }, async () => (await fetch(server.url)).text());
    await until(() => server.requests.length > 0);
    ready.resolve();
    expect(new Set(await Promise.all(answers))).toEqual(new Set(['answer 1']));
    expect(server.requests).toHaveLength(1);
  });

  it('are those that differ in no header', async () => {
    const ready = deferred();
    const { fetch } = await open(async (response) => {
      await ready.promise;
      response.end('answer');
    });
    const ask = async (headers: Record<string, string>): Promise<string> =>
      (await fetch(server.url, { headers })).text();
    const answers = [ask({ accept: 'a' }), ask({ accept: 'b' }), ask({ Accept: 'a' }), ask({})];
    await until(() => server.requests.length === 3);
    ready.resolve();
    await Promise.all(answers);
    expect(server.requests).toHaveLength(3);
  });

  it('share a body that is still coming, also with those who join late', async () => {
    const middle = deferred();
    const { fetch } = await open(async (response) => {
      response.write('first ');
      await middle.promise;
      response.end('second');
    });
    const one = await fetch(server.url);
    const reader = one.body?.getReader();
    expect(new TextDecoder().decode((await reader?.read())?.value)).toBe('first ');
    const late = await fetch(server.url);
    const text = late.text();
    middle.resolve();
    expect(await text).toBe('first second');
    expect(new TextDecoder().decode((await reader?.read())?.value)).toBe('second');
    expect(server.requests).toHaveLength(1);
  });

  it('go on when the one that was first leaves', async () => {
    const ready = deferred();
    const { fetch } = await open(async (response) => {
      await ready.promise;
      response.end('answer');
    });
    const first = new AbortController();
    const leaving = rejection(fetch(server.url, { signal: first.signal }));
    const staying = fetch(server.url);
    await until(() => server.requests.length === 1);
    const reason = new Error('enough');
    first.abort(reason);
    expect(await leaving).toBe(reason);
    ready.resolve();
    expect(await (await staying).text()).toBe('answer');
    expect(server.requests).toHaveLength(1);
  });

  it('end when the last one leaves, before the answer and within it', async () => {
    const ended: string[] = [];
    const { fetch } = await open(async (response, { url }) => {
      response.once('close', () => ended.push(url));
      if (url === '/body') response.write('first ');
    });
    for (const path of ['head', 'body']) {
      const controllers = [new AbortController(), new AbortController()];
      const answers = controllers.map(({ signal }) => fetch(`${server.url}${path}`, { signal }));
      const results = answers.map((answer) => rejection(answer.then((response) => response.text())));
      await until(() => server.requests.some(({ url }) => url === `/${path}`));
      if (path === 'body') await Promise.all(answers);
      controllers[0]?.abort('one');
      expect(await results[0]).toBe('one');
      expect(ended).not.toContain(`/${path}`);
      controllers[1]?.abort('two');
      expect(await results[1]).toBe('two');
      await until(() => ended.includes(`/${path}`));
    }
  });

  it('go on for whoever comes right when the last one leaves', async () => {
    const middle = deferred();
    const { fetch } = await open(async (response) => {
      response.write('first ');
      await middle.promise;
      response.end('second');
    });
    const reader = (await fetch(server.url)).body?.getReader();
    await reader?.read();
    await reader?.cancel();
    const next = await fetch(server.url);
    // Longer than the end of a body is waited for.
    await new Promise((resolve) => setTimeout(resolve, 100));
    middle.resolve();
    expect(await next.text()).toBe('first second');
  });

  it('are sent again by whoever comes after all others left', async () => {
    const { fetch } = await open((response, _, count) => {
      if (count > 1) response.end('answer');
    });
    const controller = new AbortController();
    const left = rejection(fetch(server.url, { signal: controller.signal }));
    await until(() => server.requests.length === 1);
    controller.abort('enough');
    expect(await left).toBe('enough');
    expect(await (await fetch(server.url)).text()).toBe('answer');
  });

  it('are never sent for a signal that is aborted already', async () => {
    const { fetch } = await open((response) => void response.end());
    expect(await rejection(fetch(server.url, { signal: AbortSignal.abort('before') }))).toBe('before');
    expect(server.requests).toHaveLength(0);
  });

  it('all fail when the one request does, and the next one is sent', async () => {
    const { fetch } = await open((response, _, count) => {
      if (count === 1) response.destroy();
      else response.end('answer');
    });
    const errors = await Promise.all([rejection(fetch(server.url)), rejection(fetch(server.url))]);
    expect(errors[0]).toBeInstanceOf(TypeError);
    expect(errors[1]).toBe(errors[0]);
    expect(await (await fetch(server.url)).text()).toBe('answer');
  });

  it('share a failure of the server, which is not stored', async () => {
    const ready = deferred();
    const { fetch } = await open(async (response, _, count) => {
      await ready.promise;
      response.writeHead(503).end(`failure ${count}`);
    });
    const answers = [1, 2, 3].map(async () => (await fetch(server.url)).text());
    await until(() => server.requests.length > 0);
    ready.resolve();
    expect(await Promise.all(answers)).toEqual(['failure 1', 'failure 1', 'failure 1']);
    expect(await (await fetch(server.url)).text()).toBe('failure 2');
  });

  it('each send their own where the answer is for nobody else, and all at once', async () => {
    const ready = deferred();
    const { fetch } = await open(
      async (response, _, count) => {
        if (count === 1) await ready.promise;
        response.writeHead(200, { 'cache-control': 'no-store' }).end(`answer ${count}`);
      },
      { policy: 'http' },
    );
    const answers = [1, 2, 3].map(async () => (await fetch(server.url)).text());
    await until(() => server.requests.length > 0);
    ready.resolve();
    expect((await Promise.all(answers)).toSorted()).toEqual(['answer 1', 'answer 2', 'answer 3']);
  });
});

describe('a body that is read while it is stored', () => {
  it('is read long before it is whole, and is there in the end', async () => {
    const middle = deferred();
    const { cache, fetch } = await open(async (response) => {
      response.writeHead(200, { 'transfer-encoding': 'chunked' });
      await write(response, 2_000_000);
      await middle.promise;
      await write(response, 2_000_000);
      response.end();
    });
    const reader = (await fetch(server.url)).body?.getReader();
    let size = 0;
    while (size < 1_900_000) size += (await reader?.read())?.value?.length ?? 0;
    expect(cache.size.entries).toBe(0);
    middle.resolve();
    for (let step = await reader?.read(); step && !step.done; step = await reader?.read()) size += step.value.length;
    await until(() => cache.size.entries === 1);
    expect((await (await fetch(server.url)).arrayBuffer()).byteLength).toBe(size);
    expect(server.requests).toHaveLength(1);
  });

  it('comes no faster than it is read', async () => {
    let written = 0;
    const { fetch } = await open(
      async (response) => {
        await write(response, 100_000_000, (bytes) => {
          written = bytes;
        });
        response.end();
      },
      { maxEntryBytes: 200_000_000 },
    );
    const response = await fetch(server.url);
    let before = -1;
    // It stands when nothing more was written for a while.
    for (let still = 0; still < 10; still = written === before ? still + 1 : 0) {
      before = written;
      await new Promise((resolve) => setTimeout(resolve, 30));
    }
    expect(written).toBeLessThan(30_000_000);
    await response.body?.cancel();
  });

  it('is not stored when it breaks, and its readers are told', async () => {
    const { cache, fetch } = await open(async (response) => {
      response.writeHead(200, { 'content-length': '1000000' });
      response.write('x'.repeat(1000));
      setTimeout(() => response.destroy(), 20);
    });
    const [one, other] = await Promise.all([fetch(server.url), fetch(server.url)]);
    expect(await rejection(one.text())).toBeInstanceOf(Error);
    expect(await rejection(other.text())).toBeInstanceOf(Error);
    expect(cache.size.entries).toBe(0);
    await rejection((await fetch(server.url)).text());
    expect(server.requests).toHaveLength(2);
  });

  it('is not stored when nothing but the closing of the connection ends it', async () => {
    const { cache, fetch } = await open((response) => {
      response.socket?.end('HTTP/1.1 200 OK\r\n\r\nhalf of it');
    });
    for (const _ of [1, 2]) expect(await (await fetch(server.url)).text()).toBe('half of it');
    expect(server.requests).toHaveLength(2);
    expect(cache.size.entries).toBe(0);
  });

  it('is not stored when it is cancelled', async () => {
    let left = 0;
    const { cache, fetch } = await open((response, _, count) => {
      response.write('first ');
      response.once('close', () => left++);
      if (count > 1) response.end('second');
    });
    const body = (await fetch(server.url)).body?.getReader();
    await body?.read();
    await body?.cancel('enough');
    await until(() => left === 1);
    expect(await (await fetch(server.url)).text()).toBe('first second');
    await until(() => cache.size.entries === 1);
    expect(server.requests).toHaveLength(2);
  });

  it('is stored when its reader leaves behind the last byte, which the end follows', async () => {
    const { cache, fetch } = await open((response) => void response.writeHead(200).end('all of it'));
    const reader = (await fetch(server.url)).body?.getReader();
    expect((await reader?.read())?.value).toHaveLength(9);
    await reader?.cancel();
    await until(() => cache.size.entries === 1);
    expect(await (await fetch(server.url)).text()).toBe('all of it');
    expect(server.requests).toHaveLength(1);
  });

  it.each([
    ['that says so', { 'content-length': '2031616' }],
    ['that does not', {}],
  ])('is handed over and not stored when it is too large, %s', async (_, headers) => {
    const errors: unknown[] = [];
    const { cache, fetch } = await open(
      async (response) => {
        response.writeHead(200, headers);
        await write(response, 2_000_000);
        response.end();
      },
      { maxEntryBytes: 1_000_000, onError: (error) => errors.push(error) },
    );
    for (const __ of [1, 2]) expect((await (await fetch(server.url)).arrayBuffer()).byteLength).toBe(2_031_616);
    expect(server.requests).toHaveLength(2);
    expect(cache.size.entries).toBe(0);
    expect(errors).toEqual([]);
  });

  it('is read by two at their own pace, the slow one by and by', async () => {
    const { fetch } = await open(async (response) => {
      await write(response, 3_000_000);
      response.end();
    });
    const [fast, slow] = await Promise.all([fetch(server.url), fetch(server.url)]);
    const reader = slow.body?.getReader();
    const all = fast.arrayBuffer();
    let size = 0;
    for (let step = await reader?.read(); step && !step.done; step = await reader?.read()) {
      size += step.value.length;
      if (size % 5 === 0) await new Promise((resolve) => setTimeout(resolve, 1));
    }
    expect((await all).byteLength).toBe(size);
    expect(server.requests).toHaveLength(1);
  });

  it('does not keep one waiting for another that has forgotten to read', async () => {
    const { fetch } = await open(async (response) => {
      await write(response, 3_000_000);
      response.end();
    });
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    try {
      const [fast, forgotten] = await Promise.all([fetch(server.url), fetch(server.url)]);
      let isRead = false;
      const all = fast.arrayBuffer().finally(() => {
        isRead = true;
      });
      for (let turn = 0; !isRead; turn++) {
        await new Promise((resolve) => setImmediate(resolve));
        if (turn > 100) await vi.advanceTimersByTimeAsync(100);
      }
      expect((await all).byteLength).toBe(3_014_656);
      expect(await rejection(forgotten.text())).toMatchObject({ code: 'ERR_CONNECTION' });
    } finally {
      vi.useRealTimers();
    }
  });

  it('may be given away by one reader without harm to another', async () => {
    const { fetch } = await open((response) => void response.end('the same for all'));
    const [one, other] = await Promise.all([fetch(server.url), fetch(server.url)]);
    const chunk = (await one.body?.getReader().read())?.value;
    structuredClone(chunk?.buffer, { transfer: [chunk?.buffer as ArrayBuffer] });
    expect(await other.text()).toBe('the same for all');
    expect(await (await fetch(server.url)).text()).toBe('the same for all');
  });

  it('is not stored when a request changes the resource meanwhile', async () => {
    const middle = deferred();
    const { cache, fetch } = await open(async (response, { method }, count) => {
      response.write(`${count} `);
      if (method === 'GET' && count === 1) await middle.promise;
      response.end('end');
    });
    const old = await fetch(server.url);
    await (await fetch(server.url, { method: 'PUT', body: 'new' })).text();
    middle.resolve();
    expect(await old.text()).toBe('1 end');
    expect(await (await fetch(server.url)).text()).toBe('3 end');
    expect(await (await fetch(server.url)).text()).toBe('3 end');
    expect(cache.size.entries).toBe(1);
  });

  it('tells where redirects led, also from the cache', async () => {
    const { fetch } = await open((response, { url }) => {
      if (url === '/to') response.end('there');
      else response.writeHead(302, { location: '/to' }).end();
    });
    for (const _ of [1, 2]) {
      const response = await fetch(`${server.url}from`);
      expect([response.url, response.redirected, await response.text()]).toEqual([`${server.url}to`, true, 'there']);
    }
    expect(server.requests).toHaveLength(2);
    expect((await fetch(`${server.url}from`, { redirect: 'manual' })).status).toBe(302);
  });

  it('is decoded once, and says so', async () => {
    const { gzipSync } = await import('node:zlib');
    const { fetch } = await open((response) => {
      const body = gzipSync('plain text '.repeat(1000));
      response.writeHead(200, { 'content-encoding': 'gzip', 'content-length': body.length }).end(body);
    });
    for (const _ of [1, 2]) expect(await (await fetch(server.url)).text()).toBe('plain text '.repeat(1000));
    const { headers } = await fetch(server.url);
    expect([headers.get('content-encoding'), headers.get('content-length')]).toEqual([null, null]);
    expect(server.requests).toHaveLength(1);
  });
});
