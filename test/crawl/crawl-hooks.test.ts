import { isTimeoutError } from 'tideway';
import { crawl, taskTypes } from 'tideway/crawl';
import { Fetcher, type FetchResult, FetchTask, type HookContext } from 'tideway/fetcher';
import { expect, it } from 'vitest';
import { rejection } from '../helpers/rejection.ts';
import { follow, paths, quickly, startPages } from './quick-crawl.ts';

it('calls the hooks of tasks whose class it knows, and follows what they enqueue', async () => {
  const told: string[] = [];
  class Page extends FetchTask {
    static override readonly type = 'page';
    override onUrl(url: string): void {
      told.push(`url ${new URL(url).pathname}`);
    }
    override onHeaders(headers: Readonly<Record<string, readonly string[]>>): 'skip' | undefined {
      return headers['x-skip'] ? 'skip' : undefined;
    }
    override onSuccess(result: FetchResult, { enqueue }: HookContext): void {
      told.push(`success ${result.status}`);
      if (!result.skipped) enqueue(new Page(new URL('/b', result.finalUrl)));
    }
    override async onDone(): Promise<void> {
      await Promise.resolve();
      told.push('done');
    }
  }
  await using server = await startPages({
    '/': (response) => response.writeHead(302, { location: '/a' }).end(),
    '/a': [],
    '/b': (response) => response.writeHead(200, { 'x-skip': '1' }).end('text'),
  });
  const summary = await quickly(server, { start: new Page(server.url), types: taskTypes(Page) });
  expect(told).toEqual(['url /', 'url /a', 'success 200', 'done', 'url /b', 'success 200', 'done']);
  expect(summary).toMatchObject({ pages: 1, skipped: 1, failed: 0 });
});

/** Enqueues from the hooks that end a task, and once more when it is too late. */
class Linking extends FetchTask {
  static override readonly type = 'linking';
  static late: (() => void) | undefined = undefined;
  override onHeaders(
    headers: Readonly<Record<string, readonly string[]>>,
    { enqueue }: HookContext,
  ): 'skip' | undefined {
    if (!headers['x-skip']) return undefined;
    enqueue('/from-headers');
    return 'skip';
  }
  override onError(_error: Error, { enqueue }: HookContext): void {
    enqueue('/from-error', { headers: { 'x-from': 'error' } });
  }
  override onDone(_result: FetchResult, { enqueue }: HookContext): void {
    enqueue(new URL('/from-done', this.url));
    Linking.late = () => enqueue('/late');
  }
}

it('follows what hooks enqueue whatever becomes of their page', async () => {
  await using server = await startPages({
    '/skipped': (response) => response.writeHead(200, { 'x-skip': '1' }).end('text'),
    '/too-large': (response) => response.end('x'.repeat(1_000)),
    '/from-headers': [],
    '/from-error': (response, { headers }) => response.writeHead(headers['x-from'] === 'error' ? 200 : 500).end(),
    '/from-done': [],
  });
  const fetcher = new Fetcher({ retry: false, maxBodyBytes: 100 });
  const start = [new Linking(`${server.url}skipped`), new Linking(`${server.url}too-large`)];
  const summary = await quickly(server, { start, fetcher, types: taskTypes(Linking) });
  expect(summary).toMatchObject({ pages: 3, skipped: 1, failed: 1, left: 0 });
  expect(paths(server)).toEqual(['/from-done', '/from-error', '/from-headers', '/skipped', '/too-large']);
  expect(() => Linking.late?.()).toThrow('Expected `enqueue` to be called before the last hook has ended');
});

it.each(['onUrl', 'onStatus', 'onHeaders', 'onSuccess', 'onDone'] as const)(
  'takes a page whose %s does not end for one that failed',
  async (hook) => {
    class Endless extends FetchTask {
      static override readonly type = 'endless';
      [hook](): Promise<never> {
        return new Promise(() => {});
      }
    }
    await using server = await startPages({ '/': [] });
    const types = taskTypes(Endless);
    const summary = await quickly(server, { start: new Endless(server.url), types, handlerTimeout: 10 });
    expect(summary).toMatchObject({ pages: 0, retried: 2, failed: 1 });
    expect(summary.failures[0]?.error).toSatisfy(isTimeoutError);
  },
);

it('ends with its signal, also while a hook does not', async () => {
  class Endless extends FetchTask {
    static override readonly type = 'endless';
    override onSuccess(): Promise<never> {
      return new Promise(() => {});
    }
  }
  await using server = await startPages({ '/': [], '/robots.txt': [] });
  const controller = new AbortController();
  const crawling = rejection(
    crawl({
      start: new Endless(server.url),
      types: taskTypes(Endless),
      handler: follow,
      polite: { userAgent: 'tester/1.0', delay: 0 },
      signal: controller.signal,
    }),
  );
  await expect.poll(() => paths(server)).toContain('/');
  controller.abort('enough');
  expect(await crawling).toBe('enough');
});
