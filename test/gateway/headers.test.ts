import { ScrapyCloud } from 'tideway';
import { createGateway, mintToken } from 'tideway/gateway';
import { describe, expect, test } from 'vitest';
import { serveFetch } from '../../examples/gateway/serve-fetch.ts';
import { send } from '../helpers/raw-http.ts';
import { startServer } from '../helpers/server.ts';
import { ALL_METHODS, messageOf, ORIGIN, openWorld, PAGE, SECRET } from './gateway-world.ts';

const PATH = '/storage/items/123/1/1';

describe('what the server gets', () => {
  test('is the credential of the gateway and the headers that matter, and nothing else', async () => {
    const { ask, emulator, passed } = await openWorld();
    const smuggled = {
      accept: 'application/json',
      cookie: 'session=secret',
      'proxy-authorization': 'Basic c2VjcmV0',
      'x-api-key': 'secret',
      'x-forwarded-for': '10.0.0.1',
      'x-forwarded-host': 'evil.example',
      'x-http-method-override': 'DELETE',
      'x-original-url': '/items/456/1/1',
      'x-rewrite-url': '/items/456/1/1',
      connection: 'authorization',
      host: 'evil.example',
      referer: 'https://app.example/secret',
      'user-agent': 'a page',
    };
    expect((await ask(PATH, { headers: smuggled })).status).toBe(200);
    const [{ headers }] = passed as [(typeof passed)[0]];
    expect(Object.fromEntries(headers)).toEqual({
      accept: 'application/json',
      authorization: `Basic ${btoa(`${emulator.apiKey}:`)}`,
      'user-agent': 'tideway-gateway',
    });
  });

  test('over a socket is one request, however lengths and lines are forged', async () => {
    await using upstream = await startServer((response) => void response.end('{"n":1}\n'));
    const gateway = createGateway({ auth: 'the-key', secret: SECRET, endpoint: upstream.url });
    const server = await serveFetch(gateway.fetch, 0);
    const token = await mintToken({ secret: SECRET, projects: [123], methods: ALL_METHODS });
    const authorization = `Bearer ${token}`;
    const hidden = 'GET /items/456/1/1 HTTP/1.1\r\nhost: x\r\n\r\n';
    try {
      const path = '/storage/items/123/1/1';
      const body = await send(server.url, { method: 'POST', path, headers: { authorization }, body: hidden });
      expect(body.status).toBe(200);
      expect(upstream.requests.map(({ url }) => url)).toEqual(['/items/123/1/1']);
      expect(upstream.requests[0]?.body).toBe(hidden);
      const twice = { authorization, 'transfer-encoding': 'chunked', 'content-length': '5' };
      const forged = await send(server.url, { method: 'POST', path, headers: twice, body: '0\r\n\r\n' }).catch(
        () => null,
      );
      expect([null, 400]).toContain(forged?.status ?? null);
      for (const trick of [
        '/storage/items/123/../456/1/1',
        '/storage/items/123/%2e%2e/456/1/1',
        '/storage/items/123/..%2f456/1/1',
        '/storage/items/123%2f..%2f456/1/1',
        '/storage/items/123/..%5c456',
        '/storage/items/123/%252e%252e/456',
        '/storage//items/456/1/1',
        '/storage/items//123/1/1',
        '//storage/items/456/1/1',
        '/storage/items/123/..;/456',
        '/storage/items/123/1/1%0d%0aX-Evil:%201',
        '/../storage/items/456/1/1',
        'http://evil.example/storage/items/456/1/1',
      ]) {
        const answer = await send(server.url, { path: trick, headers: { authorization } });
        expect([403, 404], trick).toContain(answer.status);
      }
      expect(upstream.requests).toHaveLength(1);
    } finally {
      await server.close();
    }
  });

  test('is what a function of its own signs in with, asked for each request', async () => {
    let count = 0;
    const { ask, passed } = await openWorld({ auth: async () => `Bearer inner-${++count}` });
    await ask(PATH);
    await ask(PATH);
    expect(passed.map(({ headers }) => headers.get('authorization'))).toEqual(['Bearer inner-1', 'Bearer inner-2']);
  });
});

describe('what the page gets', () => {
  test('has no cookie, no question for a password, and no page that could run', async () => {
    const { ask } = await openWorld({
      fetch: async () =>
        new Response('<script>', {
          headers: {
            'set-cookie': 'csrftoken2=secret',
            'www-authenticate': 'Basic',
            'content-type': 'text/html',
            'x-secret': 'secret',
            'access-control-allow-origin': '*',
            etag: '"1"',
          },
        }),
    });
    const { headers } = await ask(PATH);
    expect(Object.fromEntries(headers)).toEqual({
      'cache-control': 'no-store',
      'content-security-policy': "default-src 'none'; sandbox",
      'content-type': 'text/html',
      etag: '"1"',
      vary: 'origin',
      'x-content-type-options': 'nosniff',
    });
  });

  test('is a refusal of its own where the server refuses the key, redirects, or is not there', async () => {
    const errors: unknown[] = [];
    const onError = (error: unknown): unknown => errors.push(error);
    const key = 'the-key-of-the-account';
    const answers: (() => Response)[] = [
      () => new Response('Unauthorized', { status: 401, headers: { 'www-authenticate': 'Basic realm="apikey"' } }),
      () => new Response(null, { status: 302, headers: { location: 'https://elsewhere.example/?apikey=secret' } }),
      () => {
        throw new TypeError(`fetch failed for ${key}`);
      },
    ];
    const { ask } = await openWorld({ auth: key, onError, fetch: async () => (answers.shift() as () => Response)() });
    const seen: [number, string][] = [];
    for (let n = 0; n < 3; n++) {
      const answer = await ask(PATH);
      expect(answer.headers.has('www-authenticate')).toBe(false);
      expect(answer.headers.has('location')).toBe(false);
      seen.push([answer.status, await messageOf(answer)]);
    }
    expect(seen).toEqual([
      [500, "The server refused the gateway's credential"],
      [502, 'The server answered with a redirect'],
      [502, 'The server could not be reached'],
    ]);
    expect(errors.map(String)).toEqual([`TypeError: fetch failed for ${key}`]);
  });

  test('is 500 where `auth` or the listener throws, without a word of why', async () => {
    const fail = (): never => {
      throw new Error('secret');
    };
    const { ask } = await openWorld({ auth: fail, onError: fail });
    const answer = await ask(PATH);
    expect([answer.status, await messageOf(answer)]).toEqual([502, 'The server could not be reached']);
  });

  test('is what the server says otherwise, with its status', async () => {
    const { ask } = await openWorld();
    const missing = await ask('/storage/collections/123/s/none/key');
    expect([missing.status, await missing.text()]).toEqual([404, 'Not Found\n']);
    const refused = await ask('/storage/jobq/123/list?count=x');
    expect(refused.status).toBe(400);
  });
});

describe('pages of other origins', () => {
  const preflight = (origin: string) =>
    ({
      method: 'OPTIONS',
      headers: { origin, 'access-control-request-method': 'POST', 'access-control-request-headers': 'authorization' },
    }) as const;

  test('may ask when they are allowed, also for the reason of a refusal', async () => {
    const { ask } = await openWorld();
    const asked = await ask(PATH, preflight(PAGE));
    expect(asked.status).toBe(204);
    expect(asked.headers.get('access-control-allow-origin')).toBe(PAGE);
    expect(asked.headers.get('access-control-allow-methods')).toContain('DELETE');
    expect(asked.headers.get('access-control-allow-headers')).toContain('authorization');
    expect(asked.headers.has('access-control-allow-credentials')).toBe(false);
    for (const authorization of [undefined, 'Bearer none']) {
      const answer = await ask(PATH, { headers: { origin: PAGE, ...(authorization && { authorization }) } });
      expect(answer.headers.get('access-control-allow-origin')).toBe(PAGE);
      expect(answer.headers.get('vary')).toBe('origin');
    }
  });

  test('are refused when they are not, whatever they look like', async () => {
    const { ask, passed } = await openWorld();
    for (const origin of [
      'https://evil.example',
      `${PAGE}.evil.example`,
      'http://app.example',
      'null',
      `${PAGE}:8443`,
    ]) {
      for (const init of [preflight(origin), { headers: { origin } }]) {
        const answer = await ask(PATH, init);
        expect(answer.status, origin).toBe(403);
        expect(answer.headers.has('access-control-allow-origin')).toBe(false);
      }
    }
    expect(passed).toHaveLength(0);
  });

  test('need not be named when the page is of the same origin', async () => {
    const { ask } = await openWorld({ origins: [] });
    expect((await ask(PATH, { headers: { origin: ORIGIN } })).status).toBe(200);
    expect((await ask(PATH, { headers: { origin: PAGE } })).status).toBe(403);
  });
});

test('the SDK runs a job, follows it and reads it through the gateway', async () => {
  const { gateway, passed } = await openWorld(
    {},
    {
      projects: [123, 456],
      spiders: {
        live: async ({ items, logs }) => {
          logs.info('begin');
          for (let n = 0; n < 50; n++) await items.write({ n });
        },
      },
    },
  );
  const token = await mintToken({ secret: SECRET, projects: [123], methods: ['GET', 'POST'] });
  const cloud = new ScrapyCloud({
    auth: () => `Bearer ${token}`,
    endpoint: `${ORIGIN}/api/storage/`,
    dashEndpoint: `${ORIGIN}/api/dash/`,
    fetch: gateway.fetch,
  });
  const job = await cloud.getProject(123).jobs.run('live', { jobArgs: { a: 1 } });
  const numbers: unknown[] = [];
  for await (const { n } of job.items.iter<{ n: number }>({ follow: { interval: 5 } })) numbers.push(n);
  expect(numbers).toEqual(Array.from({ length: 50 }, (_, n) => n));
  expect(await job.logs.list()).toMatchObject([{ message: 'begin' }]);
  expect(await cloud.getProject(123).jobs.count()).toBe(2);
  await job.items.write({ late: true });
  await job.closeWriters();
  expect(await job.items.list()).toHaveLength(51);
  await expect(cloud.getProject(456).jobs.list()).rejects.toMatchObject({ code: 'ERR_FORBIDDEN' });
  await cloud.close();
  expect(passed.every(({ url }) => !url.href.includes('456'))).toBe(true);
});
