import { setTimeout as sleep } from 'node:timers/promises';
import { Fetcher, type FetchPolicy, type FetchTask } from 'tideway/fetcher';
import { describe, expect, it, vi } from 'vitest';
import { rejection, thrown } from '../helpers/rejection.ts';
import { deferred, startServer } from '../helpers/server.ts';

/** A server that answers when it is told to, and counts what it has at once. */
async function gate() {
  const opened = deferred();
  const now = { all: 0, most: 0 };
  const server = await startServer(async (response) => {
    now.most = Math.max(now.most, ++now.all);
    await opened.promise;
    now.all--;
    response.end('ok');
  });
  return Object.assign(server, { opened, now });
}

describe('the queue', () => {
  it('sends the higher priority first, and equals in the order in which they came', async () => {
    await using server = await startServer((response) => void response.end());
    const fetcher = new Fetcher({ concurrency: 1, autoStart: false });
    const given = [0, 5, 0, -1, 5, 2];
    for (const [n, priority] of given.entries()) fetcher.enqueue(`${server.url}${n}`, undefined, { priority });
    expect(fetcher).toMatchObject({ size: 6, pending: 0, isEmpty: false });
    fetcher.start();
    await fetcher.idle();
    expect(server.requests.map(({ url }) => url)).toEqual(['/1', '/4', '/5', '/0', '/2', '/3']);
  });

  it('never has more in the air than it may, and as many as it may', async () => {
    await using server = await gate();
    const fetcher = new Fetcher({ concurrency: 7 });
    const all = Array.from({ length: 40 }, (_, n) => fetcher.fetch(`${server.url}${n}`));
    await vi.waitFor(() => expect(server.now.all).toBe(7));
    expect(fetcher).toMatchObject({ pending: 7, size: 33 });
    fetcher.concurrency = 9;
    await vi.waitFor(() => expect(server.now.all).toBe(9));
    server.opened.resolve();
    await Promise.all(all);
    expect(server.now.most).toBe(9);
  });

  it('waits while it is paused, and finishes what is in the air', async () => {
    await using server = await startServer((response) => void response.end());
    const fetcher = new Fetcher({ concurrency: 1 });
    const first = fetcher.fetch(`${server.url}1`);
    const second = fetcher.fetch(`${server.url}2`);
    fetcher.pause();
    await first;
    await sleep(30);
    expect(server.requests).toHaveLength(1);
    fetcher.start();
    fetcher.start();
    await second;
  });

  it('refuses more than it may hold, and takes more when there is room', async () => {
    const fetcher = new Fetcher({ autoStart: false, maxQueueSize: 2, fetch: async () => new Response() });
    fetcher.extend(['http://a.test/1', 'http://a.test/2']);
    expect(thrown(() => fetcher.enqueue('http://a.test/3'))).toMatchObject({ code: 'ERR_QUEUE_FULL' });
    expect(await rejection(fetcher.fetch('http://a.test/3'))).toMatchObject({ code: 'ERR_QUEUE_FULL' });
    fetcher.start();
    await fetcher.idle();
    expect((await fetcher.fetch('http://a.test/3')).ok).toBe(true);
  });

  it('counts what it does', async () => {
    await using server = await startServer((response, { url }) => {
      if (url === '/broken') response.destroy();
      else response.end('12345');
    });
    const fetcher = new Fetcher({ retry: false });
    fetcher.extend([`${server.url}a`, `${server.url}b`, `${server.url}broken`]);
    await fetcher.idle();
    expect(fetcher.stats).toEqual({
      accepted: 3,
      succeeded: 2,
      failed: 1,
      fromCache: 0,
      requests: 3,
      retries: 0,
      bytes: 10,
      queued: 0,
      waiting: 0,
      running: 0,
    });
  });
});

describe('handlers and listeners', () => {
  it('are told of every result, later and never by the call itself', async () => {
    await using server = await startServer((response) => void response.end());
    const fetcher = new Fetcher();
    const told: string[] = [];
    fetcher.on('success', ({ url }) => told.push(`success ${new URL(url).pathname}`));
    const off = fetcher.on('done', ({ url }) => told.push(`done ${new URL(url).pathname}`));
    fetcher.enqueue(`${server.url}a`, (url, { status }) => told.push(`${new URL(url).pathname} ${status}`));
    expect(told).toEqual([]);
    await fetcher.idle();
    off();
    await fetcher.fetch(`${server.url}b`);
    expect(told).toEqual(['success /a', 'done /a', '/a 200', 'success /b']);
  });

  it('that throw or reject harm nothing, and are reported', async () => {
    await using server = await startServer((response) => void response.end());
    const fetcher = new Fetcher({ concurrency: 1 });
    const reported: unknown[] = [];
    fetcher.on('error', ({ error, source }) => {
      reported.push([source, (error as Error).message]);
      throw new Error('even here');
    });
    fetcher.on('success', () => {
      throw new Error('a listener');
    });
    const printed = vi.spyOn(console, 'error').mockImplementation(() => {});
    fetcher.enqueue(server.url, () => {
      throw new Error('at once');
    });
    fetcher.enqueue(server.url, async () => {
      throw new Error('later');
    });
    await fetcher.idle();
    printed.mockRestore();
    expect(reported).toEqual([
      ['listener', 'a listener'],
      ['handler', 'at once'],
      ['listener', 'a listener'],
      ['handler', 'later'],
    ]);
    expect(server.requests).toHaveLength(2);
  });

  it('that take their time hold no place, and idle waits for them', async () => {
    await using server = await startServer((response) => void response.end());
    const fetcher = new Fetcher({ concurrency: 1 });
    const slow = deferred();
    let isDone = false;
    fetcher.enqueue(`${server.url}1`, async () => {
      await slow.promise;
      isDone = true;
    });
    await fetcher.fetch(`${server.url}2`);
    const idle = fetcher.idle().then(() => expect(isDone).toBe(true));
    slow.resolve();
    await idle;
  });
});

describe('idle', () => {
  it('resolves at once where nothing is to be done', async () => {
    await new Fetcher().idle();
    await new Fetcher({ autoStart: false }).idle({ timeout: 1_000 });
  });

  it('rejects at its timeout, and the work goes on', async () => {
    await using server = await gate();
    const fetcher = new Fetcher();
    const result = fetcher.fetch(server.url);
    expect(await rejection(fetcher.idle({ timeout: 20 }))).toMatchObject({ code: 'ERR_TIMEOUT', phase: 'wait' });
    const controller = new AbortController();
    const left = fetcher.idle({ signal: controller.signal });
    controller.abort(new Error('enough'));
    expect(await rejection(left)).toMatchObject({ message: 'enough' });
    server.opened.resolve();
    expect((await result).ok).toBe(true);
    await fetcher.idle();
  });
});

describe('stop', () => {
  it('does what was accepted, and accepts nothing more', async () => {
    await using server = await startServer((response) => void response.end());
    const fetcher = new Fetcher({ concurrency: 1, autoStart: false });
    const all = [1, 2, 3].map((n) => fetcher.fetch(`${server.url}${n}`));
    const stopped = fetcher.stop();
    expect(await rejection(fetcher.fetch(server.url))).toMatchObject({ code: 'ERR_CONFIGURATION' });
    await stopped;
    expect((await Promise.all(all)).map(({ ok }) => ok)).toEqual([true, true, true]);
    await fetcher.stop();
  });

  it('gives everything up when it is told to, and frees the sockets', async () => {
    await using server = await gate();
    const fetcher = new Fetcher({ concurrency: 2 });
    const all = [1, 2, 3, 4].map((n) => rejection(fetcher.fetch(`${server.url}${n}`)));
    await vi.waitFor(() => expect(server.now.all).toBe(2));
    await fetcher.stop({ mode: 'abort' });
    for (const error of await Promise.all(all)) expect(error).toMatchObject({ name: 'AbortError' });
    await vi.waitFor(async () => expect(await server.sockets()).toBe(0));
    expect(server.requests).toHaveLength(2);
  });

  it('happens at the end of a block, and when the signal of the fetcher is aborted', async () => {
    await using server = await gate();
    const controller = new AbortController();
    const reason = new Error('enough');
    const ended: Promise<unknown>[] = [];
    {
      await using fetcher = new Fetcher({ signal: controller.signal });
      ended.push(rejection(fetcher.fetch(server.url)));
      await using other = new Fetcher();
      ended.push(rejection(other.fetch(server.url)));
      controller.abort(reason);
    }
    expect(await Promise.all(ended)).toMatchObject([reason, { name: 'AbortError' }]);
    const late = new Fetcher({ signal: controller.signal });
    expect(await rejection(late.fetch(server.url))).toMatchObject({ code: 'ERR_CONFIGURATION' });
  });

  it('refuses another mode', async () => {
    const error = await rejection(new Fetcher().stop({ mode: 'now' as never }));
    expect(String(error)).toContain("`mode` to be 'drain' or 'abort', got `now`");
  });
});

describe('cancellation', () => {
  it('ends a task in the queue at once, with the reason as it is', async () => {
    const fetcher = new Fetcher({ autoStart: false });
    const controller = new AbortController();
    const left = rejection(fetcher.fetch('http://a.test/1', { signal: controller.signal }));
    fetcher.enqueue('http://a.test/2');
    controller.abort('not even an error');
    expect(fetcher.size).toBe(2);
    expect(await left).toBe('not even an error');
    expect(fetcher.size).toBe(1);
    expect(await rejection(fetcher.fetch('http://a.test/3', { signal: controller.signal }))).toBe('not even an error');
    await fetcher.stop({ mode: 'abort' });
  });

  it.each(['connecting', 'reading', 'waiting for its limit', 'waiting for another try'])(
    'ends a task that is %s',
    async (phase) => {
      await using server = await startServer((response) => {
        if (phase === 'reading') response.writeHead(200).write('half');
        if (phase === 'waiting for another try') response.writeHead(503, { 'retry-after': '30' }).end();
      });
      const fetcher = new Fetcher({ limits: [{ concurrency: 1 }] });
      if (phase === 'waiting for its limit') fetcher.enqueue(`${server.url}holds`);
      const controller = new AbortController();
      const left = rejection(fetcher.fetch(server.url, { signal: controller.signal }));
      await vi.waitFor(() => expect(server.requests).toHaveLength(1));
      await sleep(30);
      controller.abort(new Error('enough'));
      expect(await left).toMatchObject({ message: 'enough' });
      await fetcher.stop({ mode: 'abort' });
      await vi.waitFor(async () => expect(await server.sockets()).toBeLessThanOrEqual(phase.endsWith('try') ? 1 : 0));
    },
  );

  it('of a hundred thousand tasks by one signal takes no time to speak of', async () => {
    const fetcher = new Fetcher({ autoStart: false });
    const controller = new AbortController();
    let ended = 0;
    for (let n = 0; n < 100_000; n++) {
      fetcher.enqueue(`http://a.test/${n}`, () => void ended++, { signal: controller.signal });
    }
    controller.abort();
    await fetcher.idle();
    expect(ended).toBe(100_000);
    expect(fetcher.size).toBe(0);
  });

  it('leaves nothing behind on a signal that lives long', async () => {
    const controller = new AbortController();
    const add = vi.spyOn(controller.signal, 'addEventListener');
    const remove = vi.spyOn(controller.signal, 'removeEventListener');
    const fetcher = new Fetcher({ fetch: async () => new Response() });
    await Promise.all([1, 2, 3].map((n) => fetcher.fetch(`http://a.test/${n}`, { signal: controller.signal })));
    expect(add).toHaveBeenCalledTimes(1);
    expect(remove).toHaveBeenCalledTimes(1);
  });
});

describe('a policy of your own', () => {
  /** The newest first, one host at a time, and nobody before its time. */
  class Newest implements FetchPolicy {
    readonly told: string[] = [];
    #tasks: FetchTask[] = [];
    get size(): number {
      return this.#tasks.length;
    }
    push(task: FetchTask): void {
      this.#tasks.push(task);
    }
    next(): FetchTask | undefined {
      return this.#tasks.pop();
    }
    admit({ redirects, url }: { redirects: number; url: URL }): undefined {
      this.told.push(`admit ${url.pathname} ${redirects}`);
      if (url.pathname === '/forbidden') throw new Error('not there');
    }
    onSuccess({ url }: FetchTask): void {
      this.told.push(`success ${new URL(url).pathname}`);
    }
    onError({ url }: FetchTask, error: Error): void {
      this.told.push(`error ${new URL(url).pathname} ${error.message}`);
    }
    onDone({ url }: FetchTask): void {
      this.told.push(`done ${new URL(url).pathname}`);
    }
    start(): void {
      this.told.push('start');
    }
    stop(): void {
      this.told.push('stop');
    }
  }

  it('decides the order, admits every hop, and is told how it went', async () => {
    await using server = await startServer((response, { url }) => {
      if (url === '/a') response.writeHead(302, { location: '/forbidden' });
      response.end();
    });
    const policy = new Newest();
    const fetcher = new Fetcher({ concurrency: 1, policy, autoStart: false });
    fetcher.extend([`${server.url}a`, `${server.url}b`]);
    await fetcher.stop();
    expect(policy.told).toEqual([
      'start',
      'admit /b 0',
      // Its place is free as soon as its body is read.
      'admit /a 0',
      'success /b',
      'done /b',
      'admit /forbidden 1',
      'error /a not there',
      'done /a',
      'stop',
    ]);
    expect(server.requests.map(({ url }) => url)).toEqual(['/b', '/a']);
  });

  it('says when there will be something, and asks for a request of its own', async () => {
    await using server = await startServer((response) => void response.end('rules'));
    const given: FetchTask[] = [];
    let readyAt: number | undefined;
    let own: Promise<string> | undefined;
    const fetcher = new Fetcher({
      concurrency: 1,
      policy: {
        get size() {
          return given.length;
        },
        push: (task) => void given.push(task),
        next(now) {
          readyAt ??= now + 60;
          if (given.length === 0) return undefined;
          return now < readyAt ? readyAt : given.shift();
        },
        start(context) {
          own = context.fetch(`${server.url}robots.txt`).then((result) => result.text());
        },
        admit: async () => {
          await own;
          return undefined;
        },
      },
    });
    const started = performance.now();
    await fetcher.fetch(`${server.url}a`);
    expect(performance.now() - started).toBeGreaterThanOrEqual(58);
    expect(await own).toBe('rules');
    expect(server.requests.map(({ url }) => url)).toEqual(['/robots.txt', '/a']);
  });

  it('is given several at once where it takes them so, and its failure is the error of their results', async () => {
    const given: number[] = [];
    const errors: unknown[] = [];
    const tasks: FetchTask[] = [];
    const fetcher = new Fetcher({
      fetch: async () => new Response('ok'),
      policy: {
        size: 0,
        push: () => {
          throw new Error('one by one is too slow');
        },
        extend: (all) => {
          tasks.push(...all);
          given.push(tasks.length);
        },
        next: () => tasks.shift(),
      },
    });
    fetcher.on('error', ({ error }) => errors.push((error as Error).message));
    fetcher.extend(['http://a.test/1', 'http://a.test/2', 'http://a.test/3']);
    expect(await rejection(fetcher.fetch('http://a.test/4'))).toMatchObject({ message: 'one by one is too slow' });
    await fetcher.idle();
    expect(given).toEqual([3]);
    expect(errors).toEqual(['one by one is too slow']);
    expect(fetcher.stats).toMatchObject({ succeeded: 3, failed: 1 });
  });

  it('that throws is reported, and asked again later', async () => {
    const reported: unknown[] = [];
    const tasks: FetchTask[] = [];
    let isBroken = true;
    const fetcher = new Fetcher({
      fetch: async () => new Response('ok'),
      policy: {
        size: 0,
        push: (task) => void tasks.push(task),
        next() {
          if (!isBroken) return tasks.pop();
          isBroken = false;
          throw new Error('a slip');
        },
      },
    });
    fetcher.on('error', ({ source }) => reported.push(source));
    expect((await fetcher.fetch('http://a.test/')).ok).toBe(true);
    expect(reported).toEqual(['policy']);
  });
});
