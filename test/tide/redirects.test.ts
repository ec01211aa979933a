import { jsonLines, sse, Tide } from 'tideway/tide';
import { describe, expect, it } from 'vitest';
import { rejection } from '../helpers/rejection.ts';
import { type Handler, startServer, type TestServer } from '../helpers/server.ts';

interface Numbered {
  readonly n: number;
}

/** Another origin, which whoever follows a redirect reaches. */
const elsewhere = (): Promise<TestServer> => startServer((response) => void response.end('{"n":2}\n'));

/** Answers once with a record and a break, and then with a redirect. */
const breaksAndMoves =
  (to: TestServer): Handler =>
  (response, _, count) => {
    if (count === 1) response.writeHead(200).write('{"n":1}\n', () => response.destroy());
    else response.writeHead(307, { location: to.url }).end();
  };

describe('A redirect to another origin', () => {
  it.each([
    ['authorization', { headers: { authorization: 'Bearer SECRET' } }],
    ['a cookie', { headers: { cookie: 'id=SECRET' } }],
    ['a key of its own', { headers: { 'x-api-key': 'SECRET' } }],
    ['a body', { method: 'POST', body: 'SECRET' }],
    ['another method', { method: 'POST' }],
    ['the wish not to be redirected', { redirect: 'error' }],
  ] as const)('is an error for a request by `resume` with %s', async (_, init) => {
    await using other = await elsewhere();
    await using server = await startServer(breaksAndMoves(other));
    const tide = new Tide(server.url, {
      framing: jsonLines<Numbered>(),
      reconnect: { network: 1, resume: ({ n }) => new Request(`${server.url}?after=${n}`, init) },
    });
    expect(await rejection(tide.on())).toMatchObject({ code: 'ERR_REDIRECT', target: new URL(other.url).origin });
    expect(server.requests).toHaveLength(2);
    expect(other.requests).toHaveLength(0);
    expect(await tide.counter.read()).toEqual({ state: 'stopped', count: 1, total: 1 });
  });

  it('is followed by a request that carries nothing, also one by `resume`', async () => {
    await using other = await elsewhere();
    await using server = await startServer(breaksAndMoves(other));
    const tide = new Tide(server.url, {
      framing: jsonLines<Numbered>(),
      reconnect: { network: 1, resume: ({ n }) => new Request(`${server.url}?after=${n}`) },
    });
    expect(await tide.records().toArray()).toEqual([{ n: 1 }, { n: 2 }]);
    expect(tide.run?.url).toBe(other.url);
  });

  it('is followed with the id of the last event', async () => {
    await using other = await startServer((response) => void response.end('data: 2\n\n'));
    await using server = await startServer((response, _, count) => {
      if (count === 1) response.writeHead(200).write('id: 7\ndata: 1\n\n', () => response.destroy());
      else response.writeHead(307, { location: other.url }).end();
    });
    const tide = new Tide(server.url, { framing: sse(), reconnect: { network: 1 } });
    expect(await tide.records().toArray()).toHaveLength(2);
    expect(other.requests[0]?.headers).toMatchObject({ 'last-event-id': '7', accept: 'text/event-stream' });
  });
});
