import { Fetcher } from 'tideway/fetcher';
import { describe, expect, it } from 'vitest';
import { rejection } from '../helpers/rejection.ts';
import { startServer } from '../helpers/server.ts';

/** Sends `/301?to=…` on with that status. */
const redirecting = () =>
  startServer((response, { url }) => {
    const { pathname, searchParams } = new URL(url, 'http://host');
    const status = Number(pathname.slice(1));
    if (status) response.writeHead(status, { location: searchParams.get('to') ?? '' });
    response.end(pathname);
  });

describe('a redirect', () => {
  it('is followed hop by hop, and told of', async () => {
    await using server = await redirecting();
    const fetcher = new Fetcher();
    const hops: object[] = [];
    fetcher.on('hop', (hop) => hops.push(hop));
    const url = `${server.url}302?to=${encodeURIComponent('/301?to=end')}#here`;
    const result = await fetcher.fetch(url);
    expect(result).toMatchObject({
      url,
      finalUrl: `${server.url}end#here`,
      status: 200,
      attempts: 1,
      hopsHidden: false,
    });
    expect(result.redirects).toEqual([`${server.url}301?to=end#here`, `${server.url}end#here`]);
    expect(hops).toMatchObject([
      { url, from: url, status: 302 },
      { status: 301, to: `${server.url}end#here` },
    ]);
  });

  it.each([
    [301, 'POST', 'GET'],
    [302, 'POST', 'GET'],
    [303, 'POST', 'GET'],
    [303, 'PUT', 'GET'],
    [302, 'PUT', 'PUT'],
    [307, 'POST', 'POST'],
    [308, 'POST', 'POST'],
    [303, 'HEAD', 'HEAD'],
  ])('of %d turns %s into %s', async (status, method, next) => {
    await using server = await redirecting();
    const body = method === 'HEAD' ? undefined : 'text';
    await new Fetcher().fetch(`${server.url}${status}?to=/end`, { method, body });
    const [, second] = server.requests;
    expect(second).toMatchObject({ method: next, body: next === method ? (body ?? '') : '' });
    expect(second?.headers['content-type']).toBe(next === method && body ? 'text/plain;charset=UTF-8' : undefined);
  });

  it('carries what is secret to the same origin only', async () => {
    await using other = await redirecting();
    await using server = await redirecting();
    const headers = { authorization: 'Bearer a', cookie: 'b=c', 'x-key': 'd', 'x-open': 'e' };
    const fetcher = new Fetcher({ secretHeaders: ['x-key'] });
    await fetcher.fetch(`${server.url}302?to=/end`, { headers });
    await fetcher.fetch(`${server.url}302?to=${other.url}`, { headers });
    expect(server.requests[1]?.headers).toMatchObject(headers);
    expect(other.requests[0]?.headers).toMatchObject({ 'x-open': 'e' });
    for (const name of ['authorization', 'cookie', 'x-key'])
      expect(other.requests[0]?.headers).not.toHaveProperty(name);
  });

  it.each([
    ['to itself', '/302?to=%2F302', 'to where it came from'],
    ['to another protocol', '/302?to=ftp://a.test/', 'answered with a redirect to ftp:'],
    ['to what is no URL', '/302?to=http://', 'to what is no URL'],
    ['with a credential', '/302?to=http://user:hunter2@a.test/', 'to a URL with a credential'],
  ])('%s is an error', async (_, path, message) => {
    await using server = await startServer((response, { url }) => {
      const to = new URL(url, 'http://host').searchParams.get('to') ?? '';
      response.writeHead(302, { location: to === '/302' ? '/302?to=%2F302' : to }).end();
    });
    const error = await rejection(new Fetcher().fetch(new URL(path, server.url)));
    expect(error).toMatchObject({ code: 'ERR_REDIRECT' });
    expect(String(error)).toContain(message);
    expect(String(error)).not.toContain('hunter2');
  });

  it('from https to http is refused unless it is allowed', async () => {
    const fetch = async (url: string): Promise<Response> =>
      url.startsWith('https')
        ? new Response(null, { status: 302, headers: { location: 'http://a.test/' } })
        : new Response();
    const error = await rejection(new Fetcher({ fetch }).fetch('https://a.test/'));
    expect(error).toMatchObject({ code: 'ERR_REDIRECT', target: 'http://a.test' });
    expect((await new Fetcher({ fetch, allowDowngrade: true }).fetch('https://a.test/')).ok).toBe(true);
  });

  it('for ever ends after twenty', async () => {
    await using server = await startServer((response, _, count) => {
      response.writeHead(302, { location: `/${count}` }).end();
    });
    expect(await rejection(new Fetcher().fetch(server.url))).toMatchObject({ code: 'ERR_REDIRECT' });
    expect(server.requests).toHaveLength(21);
  });

  it('is the answer where that is wanted, and where it leads nowhere', async () => {
    await using server = await startServer((response, { url }) => {
      response.writeHead(302, url === '/to' ? { location: '/' } : {}).end();
    });
    const fetcher = new Fetcher();
    expect(await fetcher.fetch(`${server.url}to`, { redirect: 'manual' })).toMatchObject({
      status: 302,
      redirects: [],
    });
    expect(await fetcher.fetch(server.url)).toMatchObject({ status: 302, redirects: [] });
  });

  it('counts for the limit of where it leads', async () => {
    let now = 0;
    let most = 0;
    await using target = await startServer(async (response) => {
      most = Math.max(most, ++now);
      await new Promise((resolve) => setTimeout(resolve, 10));
      now--;
      response.end();
    });
    await using server = await startServer((response) => void response.writeHead(302, { location: target.url }).end());
    const fetcher = new Fetcher({ concurrency: 10, limits: [{ url: target.url, concurrency: 2 }] });
    await Promise.all(Array.from({ length: 12 }, (_, n) => fetcher.fetch(`${server.url}${n}`)));
    expect(target.requests).toHaveLength(12);
    expect(most).toBe(2);
  });
});
