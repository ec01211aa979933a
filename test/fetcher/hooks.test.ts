import { Fetcher, type FetchResult, FetchTask, type HookContext } from 'tideway/fetcher';
import { describe, expect, it, vi } from 'vitest';
import { startServer } from '../helpers/server.ts';

/** Writes down what its hooks are told. */
class Page extends FetchTask {
  readonly told: string[] = [];
  override onUrl(url: string): void {
    this.told.push(`url ${new URL(url).pathname}`);
  }
  override onStatus(status: number): void {
    this.told.push(`status ${status}`);
  }
  override onHeaders(headers: Readonly<Record<string, readonly string[]>>, _context: HookContext): unknown {
    this.told.push(`cookies ${headers['set-cookie']?.join('|')}`);
    return undefined;
  }
  override async onSuccess(result: FetchResult, _context: HookContext): Promise<void> {
    this.told.push(`success ${result.skipped ? 'skipped' : await result.text()}`);
  }
  override onError(error: Error): void {
    this.told.push(`error ${error.message}`);
  }
  override onDone({ error }: FetchResult): void {
    this.told.push(`done ${error?.message ?? ''}`);
  }
}

const site = () =>
  startServer((response, { headers, url }) => {
    if (url === '/old') response.writeHead(302, { location: '/new' });
    else if (url === '/door' && headers['x-key'] !== 'open') response.writeHead(401);
    else response.setHeader('set-cookie', ['a=1', 'b=2']);
    response.end(`text of ${url}`);
  });

describe('the hooks of a task', () => {
  it('are called for every hop, in order, and at the end', async () => {
    await using server = await site();
    const page = new Page(`${server.url}old`);
    await new Fetcher().fetch(page);
    expect(page.told).toEqual([
      'url /old',
      'status 302',
      'cookies undefined',
      'url /new',
      'status 200',
      'cookies a=1|b=2',
      'success text of /new',
      'done ',
    ]);
  });

  it('are told of an error, also of a cancellation in the queue', async () => {
    const page = new Page('http://127.0.0.1:1/');
    const fetcher = new Fetcher({ retry: false });
    fetcher.enqueue(page);
    await fetcher.idle();
    expect(page.told).toEqual([
      'url /',
      ...['error', 'done'].map((what) => `${what} GET http://127.0.0.1:1/ got no answer`),
    ]);
    const controller = new AbortController();
    const queued = new Page('http://a.test/', { signal: controller.signal });
    const paused = new Fetcher({ autoStart: false });
    paused.enqueue(queued);
    controller.abort(new Error('enough'));
    await paused.idle();
    expect(queued.told).toEqual(['error enough', 'done enough']);
  });

  it('that throw turn the result into an error, and harm nothing else', async () => {
    await using server = await site();
    for (const hook of ['onUrl', 'onStatus', 'onHeaders', 'onSuccess', 'onDone'] as const) {
      const page = new Page(server.url);
      page[hook] = () => {
        throw new Error(`in ${hook}`);
      };
      const fetcher = new Fetcher({ concurrency: 1 });
      let result: FetchResult | undefined;
      fetcher.enqueue(page, (_, found) => {
        result = found;
      });
      await fetcher.idle();
      expect(result?.error).toMatchObject({ message: `in ${hook}` });
      expect((await fetcher.fetch(server.url)).ok).toBe(true);
    }
  });

  it('that throw before a body is read free its connection', async () => {
    await using server = await startServer((response) => void response.writeHead(200).write('endless'));
    const page = new Page(server.url);
    page.onHeaders = () => {
      throw new Error('not this one');
    };
    const fetcher = new Fetcher();
    await expect(fetcher.fetch(page)).rejects.toThrow('not this one');
    await vi.waitFor(async () => expect(await server.sockets()).toBe(0));
  });

  it('may skip the body, by what they return or by their context', async () => {
    await using server = await startServer((response) => void response.writeHead(200).write('endless'));
    class Choosy extends Page {
      override onHeaders(_: object, context: HookContext): unknown {
        if (this.url.endsWith('context')) context.skip();
        return this.url.endsWith('context') ? undefined : 'skip';
      }
    }
    const fetcher = new Fetcher();
    for (const way of ['context', 'answer']) {
      const page = new Choosy(`${server.url}${way}`);
      expect(await fetcher.fetch(page)).toMatchObject({ skipped: true, status: 200, error: undefined });
      expect(page.told.slice(-2)).toEqual(['success skipped', 'done ']);
    }
  });

  it('may send the task again, or elsewhere, and have more fetched', async () => {
    await using server = await site();
    class Clever extends Page {
      override onStatus(status: number, _text?: string, context?: HookContext): void {
        super.onStatus(status);
        if (status === 401) context?.retryWith({ headers: { 'x-key': 'open' } });
      }
      override async onSuccess(result: FetchResult, context: HookContext): Promise<void> {
        await super.onSuccess(result, context);
        if (result.finalUrl.endsWith('/door')) context.redirectTo('/room');
        else context.enqueue(`${server.url}more`);
      }
    }
    const page = new Clever(`${server.url}door`);
    const fetcher = new Fetcher();
    const result = await fetcher.fetch(page);
    expect(result).toMatchObject({ finalUrl: `${server.url}room`, redirects: [`${server.url}room`] });
    expect(page.told.filter((line) => /^(success|done)/.test(line))).toEqual([
      'success text of /door',
      'success text of /room',
      'done ',
    ]);
    await fetcher.idle();
    expect(server.requests.map(({ url }) => url)).toEqual(['/door', '/door', '/room', '/more']);
  });

  it.each(['onSuccess', 'onDone'] as const)(
    'end with the deadline of their task, also when %s does not',
    async (hook) => {
      class Endless extends FetchTask {
        [hook](): Promise<never> {
          return new Promise(() => {});
        }
      }
      await using server = await site();
      await using fetcher = new Fetcher();
      await expect(fetcher.fetch(new Endless(server.url, { deadline: 50 }))).rejects.toMatchObject({
        name: 'TimeoutError',
        phase: 'deadline',
      });
    },
  );

  it.each(['onSuccess', 'onDone'] as const)('end with an abort, also when %s does not', async (hook) => {
    let begin = (): void => {};
    const begun = new Promise<void>((resolve) => {
      begin = resolve;
    });
    class Endless extends FetchTask {
      [hook](): Promise<never> {
        begin();
        return new Promise(() => {});
      }
    }
    await using server = await site();
    const fetcher = new Fetcher();
    const given = expect(fetcher.fetch(new Endless(server.url))).rejects.toMatchObject({ name: 'AbortError' });
    await begun;
    await fetcher.stop({ mode: 'abort' });
    await given;
  });

  it('that send it again and again come to an end', async () => {
    await using server = await site();
    class Stubborn extends Page {
      override onStatus(_status: number, _text?: string, context?: HookContext): void {
        context?.retryWith();
      }
    }
    const result = await new Promise<FetchResult>((resolve) => {
      new Fetcher({ maxRedirects: 3 }).enqueue(new Stubborn(server.url), (_, found) => resolve(found));
    });
    expect(result.error).toMatchObject({ code: 'ERR_REDIRECT' });
    expect(server.requests).toHaveLength(4);
  });
});
