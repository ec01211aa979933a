import { polite, type TaskClass, taskTypes } from 'tideway/crawl';
import { Fetcher, type FetchInit, FetchTask, type HookContext, type StoredTask } from 'tideway/fetcher';
import { describe, expect, test } from 'vitest';
import { startServer } from '../helpers/server.ts';

/** Notes what its hooks were told. */
class Page extends FetchTask {
  static override readonly type: string = 'page';
  static override readonly defaults: FetchInit = { headers: { 'x-class': 'page', 'x-both': 'class' }, maxRedirects: 1 };
  readonly log: unknown[] = [];

  override onUrl(url: string): void {
    this.log.push(new URL(url).pathname);
  }

  override onStatus(status: number): void {
    this.log.push(status);
  }

  override onHeaders(headers: Readonly<Record<string, readonly string[]>>): 'skip' | undefined {
    return headers['content-type']?.[0] === 'image/png' ? 'skip' : undefined;
  }

  override onSuccess(result: { readonly skipped: boolean }): void {
    this.log.push(result.skipped ? 'skipped' : 'success');
  }

  override onError(error: Error): void {
    this.log.push(error.name);
  }

  override onDone(): void {
    this.log.push('done');
  }
}

describe('hooks of a polite crawl', () => {
  test('are called in order for each hop, with one end, also of what robots.txt forbids', async () => {
    await using site = await startServer((response, { url }) => {
      if (url === '/robots.txt') response.end('User-agent: *\nDisallow: /private');
      else if (url === '/moved') response.writeHead(301, { location: '/page' }).end();
      else if (url === '/trap') response.writeHead(302, { location: '/private' }).end();
      else if (url === '/twice') response.writeHead(302, { location: '/moved' }).end();
      else if (url === '/picture') response.writeHead(200, { 'content-type': 'image/png' }).end('x'.repeat(1_000));
      else response.end('page');
    });
    const fetcher = new Fetcher({ policy: polite({ userAgent: 'acme/1.0', delay: 0 }) });
    const pages = ['page', 'moved', 'trap', 'twice', 'picture', 'private'].map((path) => new Page(site.url + path));
    fetcher.extend(pages);
    await fetcher.idle();
    expect(pages.map(({ log }) => log.join(' '))).toEqual([
      '/page 200 success done',
      '/moved 301 /page 200 success done',
      '/trap 302 /private RobotsDisallowedError done',
      '/twice 302 /moved 301 RedirectError done',
      '/picture 200 skipped done',
      '/private RobotsDisallowedError done',
    ]);
  });

  test('may go on elsewhere and add more, which keeps to its own turn', async () => {
    const found: string[] = [];
    class Start extends FetchTask {
      override onUrl(url: string, { redirectTo }: HookContext): void {
        if (url.endsWith('/start')) redirectTo(url.replace('/start', '/other'));
      }

      override onSuccess(_result: unknown, { enqueue }: HookContext): void {
        found.push('start');
        enqueue(new Next(`${site.url}next`));
      }
    }
    class Next extends FetchTask {
      override onSuccess(): void {
        found.push('next');
      }
    }
    await using site = await startServer((response) => void response.end(''));
    const fetcher = new Fetcher({ policy: polite({ userAgent: 'acme/1.0', delay: 1 }) });
    fetcher.enqueue(new Start(`${site.url}start`));
    await expect.poll(() => found).toEqual(['start', 'next']);
    expect(site.requests.map(({ url }) => url)).toEqual(['/robots.txt', '/other', '/next']);
  });
});

describe('a class of tasks', () => {
  test('has headers, limits and a way to fetch of its own, and each task may have others', async () => {
    await using site = await startServer((response) => void response.end());
    const fetcher = new Fetcher();
    await fetcher.fetch(new Page(site.url, { headers: { 'x-both': 'task', 'x-task': '1' } }));
    expect(site.requests[0]?.headers).toMatchObject({ 'x-class': 'page', 'x-both': 'task', 'x-task': '1' });
    const through: string[] = [];
    class Proxied extends FetchTask {
      static override readonly defaults: FetchInit = {
        fetch: (url, init) => {
          through.push(url);
          return fetch(url, init);
        },
      };
    }
    await fetcher.fetch(new Proxied(`${site.url}proxied`));
    expect(through).toEqual([`${site.url}proxied`]);
    class Broken extends FetchTask {
      static override readonly defaults: FetchInit = { timeout: -1 };
    }
    expect(() => new Broken(site.url)).toThrow('Expected `timeout` to be milliseconds');
  });
});

describe('stored tasks', () => {
  const types = taskTypes(Page);
  const again = (task: FetchTask): FetchTask => types.revive(JSON.parse(JSON.stringify(task)) as StoredTask);

  test('are plain data, and come back as what they were', () => {
    const init = { method: 'POST', body: 'text', headers: { 'x-a': '1' }, priority: 3, data: { list: [1] } };
    const page = new Page('https://a.example/?b', init);
    expect(JSON.parse(JSON.stringify(page))).toEqual({
      url: 'https://a.example/?b',
      method: 'POST',
      body: 'text',
      headers: { 'x-a': '1' },
      priority: 3,
      data: { list: [1] },
      type: 'page',
    });
    const revived = again(page);
    expect(revived).toBeInstanceOf(Page);
    expect(JSON.stringify(revived)).toBe(JSON.stringify(page));
    expect(revived.init).toMatchObject({ maxRedirects: 1, data: { list: [1] } });
    const plain = again(new FetchTask('https://a.example/'));
    expect(plain.constructor).toBe(FetchTask);
    expect(JSON.stringify(plain)).toBe('{"url":"https://a.example/"}');
  });

  test('bring no code with them: their types are those that the program names', () => {
    expect(() => types.revive({ url: 'https://a.example/', type: 'constructor' })).toThrow(
      'Expected the type of a stored task to be one of page, got `constructor`',
    );
    expect(() => types.revive('https://a.example/' as never)).toThrow('Expected a stored task to be an object');
    expect(() => types.revive({ url: 7 } as never)).toThrow('Expected a URL to be text');
  });

  test('cannot have a body that is no text', () => {
    const task = new FetchTask('https://a.example/', { method: 'POST', body: new Uint8Array(3) });
    expect(() => task.toJSON()).toThrow('Expected a task that is stored to have a `body` of text');
  });

  test.each<[readonly unknown[], string]>([
    [[FetchTask], 'Expected a class that extends `FetchTask`'],
    [[class {}], 'Expected a class that extends `FetchTask`'],
    [[undefined], 'Expected a class that extends `FetchTask`'],
    [[class extends FetchTask {}], 'Expected a class of tasks to have a `static type`'],
    [[Page, Page], 'Expected each class of tasks to have a `type` of its own'],
  ])('need classes with names', (classes, message) => {
    expect(() => taskTypes(...(classes as TaskClass[]))).toThrow(message);
  });
});
