import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { ScrapyCloud } from 'tideway';
import { proxyFetch, serveEmulator } from 'tideway/node';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { isDirect } from '../../src/node/no-proxy.ts';
import { calledGetters, prints } from '../helpers/prints.ts';
import { type ProxyProgram, startProxy, startTlsServer } from '../helpers/proxy.ts';
import { rejection, thrown } from '../helpers/rejection.ts';
import { startServer, type TestServer } from '../helpers/server.ts';

let proxy: ProxyProgram;
let locked: ProxyProgram;
let server: TestServer;

beforeAll(async () => {
  [proxy, locked] = await Promise.all([startProxy(), startProxy({ user: 'ada', password: 'topsecret' })]);
}, 30_000);

afterAll(async () => {
  await proxy[Symbol.asyncDispose]();
  await locked[Symbol.asyncDispose]();
});

beforeEach(async () => {
  server = await startServer((response, { method, url, body }) => {
    if (url === '/from') response.writeHead(302, { location: '/to' }).end();
    else response.end(`${method} ${url} ${body}`);
  });
});

afterEach(async () => {
  vi.unstubAllEnvs();
  await server.close();
});

const env = {};
const withCredentials = (user: string, password: string): string => locked.url.replace('//', `//${user}:${password}@`);

/** What the proxy was asked since the last time. */
function asked(one: ProxyProgram, before: number): string[] {
  return one.log().slice(before);
}

describe('a fetch through a proxy', () => {
  it('hands plain requests over to it, with their bodies', async () => {
    const before = proxy.log().length;
    const fetch = proxyFetch({ proxy: proxy.url, env });
    const response = await fetch(`${server.url}a?b=c`, { method: 'POST', body: 'hello' });
    expect(response).toBeInstanceOf(Response);
    expect([response.status, response.url, await response.text()]).toEqual([
      200,
      `${server.url}a?b=c`,
      'POST /a?b=c hello',
    ]);
    expect(server.requests[0]?.headers.via).toContain('tinyproxy');
    await vi.waitFor(() => expect(asked(proxy, before)).toEqual([`POST ${server.url}a?b=c HTTP/1.1`]));
  });

  it('goes through a tunnel for https, of which the proxy sees host and port', async () => {
    vi.stubEnv('NODE_TLS_REJECT_UNAUTHORIZED', '0');
    await using tls = await startTlsServer();
    const before = proxy.log().length;
    const fetch = proxyFetch({ proxy: proxy.url, env });
    const response = await fetch(`${tls.url}private`, { headers: { authorization: 'Bearer topsecret' } });
    expect(await response.text()).toBe('GET /private Bearer topsecret');
    await vi.waitFor(() => expect(asked(proxy, before)).toEqual([`CONNECT ${new URL(tls.url).host} HTTP/1.1`]));
  });

  it('signs in with the credentials of the URL, and sends them to nobody else', async () => {
    vi.stubEnv('NODE_TLS_REJECT_UNAUTHORIZED', '0');
    await using tls = await startTlsServer();
    const fetch = proxyFetch({ proxy: withCredentials('ada', 'topsecret'), env });
    expect(await (await fetch(`${server.url}a`)).text()).toBe('GET /a ');
    expect(await (await fetch(tls.url)).text()).toBe('GET / ');
    expect(server.requests[0]?.headers).not.toHaveProperty('proxy-authorization');
    expect(server.requests[0]?.headers).not.toHaveProperty('authorization');
  });

  it('rejects when the proxy refuses the credentials, and shows none of them', async () => {
    await using refusing = await startServer((response) => void response.writeHead(407).end());
    const host = new URL(refusing.url).host;
    const errors = [
      await rejection(proxyFetch({ proxy: `http://ada:mistaken-secret@${host}`, env })(server.url)),
      await rejection(proxyFetch({ proxy: withCredentials('ada', 'mistaken-secret'), env })('https://localhost:1/')),
    ];
    for (const error of errors) {
      expect(error).toBeInstanceOf(TypeError);
      // The program says 401, as if it were the server.
      expect(prints(error)).toMatch(/\(40[17]\)/);
      const shown = prints(error) + calledGetters(error);
      for (const secret of ['mistaken-secret', Buffer.from('ada:mistaken-secret').toString('base64')]) {
        expect(shown).not.toContain(secret);
      }
    }
    expect(server.requests).toHaveLength(0);
  });

  it.each(['http', 'https'])(
    'rejects when nobody listens at the proxy, and shows no credential: %s',
    async (scheme) => {
      const gone = createServer();
      await new Promise<void>((resolve) => gone.listen(0, '127.0.0.1', resolve));
      const { port } = gone.address() as AddressInfo;
      await new Promise((resolve) => gone.close(resolve));
      const fetch = proxyFetch({ proxy: `http://ada:topsecret@127.0.0.1:${port}`, env });
      const error = await rejection(fetch(server.url.replace('http', scheme)));
      expect(error).toBeInstanceOf(TypeError);
      expect((error as Error).cause).toMatchObject({ code: 'ECONNREFUSED' });
      expect(prints(error)).not.toContain('topsecret');
    },
  );

  it('follows redirects through it, unless it is told otherwise', async () => {
    const fetch = proxyFetch({ proxy: proxy.url, env });
    const response = await fetch(`${server.url}from`);
    expect([response.url, response.redirected, await response.text()]).toEqual([`${server.url}to`, true, 'GET /to ']);
    expect((await fetch(`${server.url}from`, { redirect: 'manual' })).status).toBe(302);
  });

  it('reads and writes Scrapy Cloud', async () => {
    await using emulator = await serveEmulator({ projects: [123] });
    const { dashEndpoint, endpoint } = emulator;
    const fetch = proxyFetch({ proxy: proxy.url, env });
    await using cloud = new ScrapyCloud({ auth: emulator.emulator.apiKey, endpoint, dashEndpoint, fetch });
    const job = await cloud.getProject(123).jobs.push('quotes', { state: 'running' });
    for (let n = 0; n < 3000; n++) await job.items.write({ n });
    await job.closeWriters();
    expect(await job.items.list<{ n: number }>()).toEqual(Array.from({ length: 3000 }, (_, n) => ({ n })));
  });
});

describe('where the proxy comes from', () => {
  const through = async (options: Parameters<typeof proxyFetch>[0]): Promise<boolean> => {
    await (await proxyFetch(options)(server.url)).text();
    return server.requests.at(-1)?.headers.via !== undefined;
  };

  it.each([
    ['HTTP_PROXY', true],
    ['http_proxy', true],
    ['ALL_PROXY', true],
    ['all_proxy', true],
    ['HTTPS_PROXY', false],
  ])('%s: %s', async (name, expected) => {
    expect(await through({ env: { [name]: proxy.url } })).toBe(expected);
  });

  it('is the environment of the process when nothing is said', async () => {
    vi.stubEnv('http_proxy', proxy.url);
    vi.stubEnv('no_proxy', '');
    expect(await through({})).toBe(true);
    vi.stubEnv('no_proxy', '127.0.0.1');
    expect(await through({})).toBe(false);
  });

  it('is nowhere when there is none', async () => {
    expect(await through({ env: { HTTP_PROXY: '' } })).toBe(false);
  });

  it('is the option before the environment', async () => {
    expect(await through({ proxy: proxy.url, env: { HTTP_PROXY: 'http://127.0.0.1:1' } })).toBe(true);
    expect(await through({ proxy: proxy.url, env: { NO_PROXY: '127.0.0.1' } })).toBe(false);
    expect(await through({ proxy: proxy.url, noProxy: [], env: { NO_PROXY: '127.0.0.1' } })).toBe(true);
    expect(await through({ proxy: proxy.url, noProxy: ['a.test', '127.0.0.1'], env })).toBe(false);
  });

  it('may have no scheme', async () => {
    expect(await through({ proxy: proxy.url.replace('http://', ''), env })).toBe(true);
  });

  it.each([
    ['socks5://user:topsecret@127.0.0.1:1080'],
    ['nonsense topsecret'],
    [''],
    [5],
    ['http://%E0%A4%A:topsecret@127.0.0.1:1'],
  ])('refuses %j, and does not show it', (value) => {
    for (const options of [{ proxy: value, env }, { env: { HTTP_PROXY: value } }]) {
      // An empty variable is none.
      if (value === '' && !('proxy' in options)) continue;
      const error = thrown(() => proxyFetch(options as never));
      expect(error).toMatchObject({ code: 'ERR_CONFIGURATION' });
      expect(prints(error)).not.toContain('topsecret');
    }
  });

  it('refuses hosts that are none', () => {
    for (const noProxy of [5, [5], {}]) {
      expect(thrown(() => proxyFetch({ noProxy: noProxy as never }))).toMatchObject({ code: 'ERR_CONFIGURATION' });
    }
  });
});

describe('NO_PROXY', () => {
  it.each([
    ['http://example.com/', 'example.com', true],
    ['http://www.example.com/', 'example.com', true],
    ['http://www.example.com/', '.example.com', true],
    ['http://www.example.com/', '*.example.com', true],
    ['http://example.com.evil.org/', 'example.com', false],
    ['http://notexample.com/', 'example.com', false],
    ['http://EXAMPLE.com/', 'Example.COM', true],
    ['http://example.com./', 'example.com', true],
    ['http://a.test/', 'b.test, a.test', true],
    ['http://a.test/', 'b.test a.test', true],
    ['http://a.test/', '*', true],
    ['http://a.test/', '', false],
    ['http://a.test/', ',,', false],
    ['http://a.test/', 'a.test:80', true],
    ['https://a.test/', 'a.test:80', false],
    ['http://a.test:8080/', 'a.test:8080', true],
    ['http://a.test:8081/', 'a.test:8080', false],
    ['http://10.0.0.1/', '10.0.0.1', true],
    ['http://110.0.0.1/', '0.0.1', false],
    ['http://[::1]/', '::1', true],
    ['http://[::1]/', '[::1]', true],
    ['http://[::1]:81/', '[::1]:80', false],
  ])('%s with %j: %s', (url, noProxy, expected) => {
    expect(isDirect(new URL(url), noProxy)).toBe(expected);
  });
});
