/**
 * The SDK against what Scrapy Cloud's servers were recorded to be sent and to answer. A server plays each answer, the
 * SDK makes the call that a user would make for it, and must send what was recorded and yield what was recorded.
 *
 * Where our requests differ on purpose the calls say so; in all of them JSON is compact. Not compared here are the 10
 * answers in msgpack, which the SDK does not ask for: the emulator's replay compares those, as it does all others.
 */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { gunzipSync, gzipSync } from 'node:zlib';
import { isApiError, ScrapyCloud } from 'tideway';
import { afterAll, describe, expect, it } from 'vitest';
import { conversations, type Exchange, recordingsDirectory } from './load.ts';
import { isMsgpack, lines } from './sdk-call.ts';
import { callOf } from './sdk-calls.ts';

interface Sent {
  readonly method: string;
  readonly url: URL;
  readonly authorization: string | undefined;
  readonly encoding: string;
  readonly body: string;
}

let played: Exchange;
let sent: Sent[] = [];
const server: Server = createServer(async (request, reply) => {
  const { authorization, 'content-encoding': encoding = 'identity' } = request.headers;
  const received = await buffer(request);
  sent.push({
    method: request.method ?? '',
    url: new URL(request.url ?? '', 'http://server'),
    authorization,
    encoding,
    body: (encoding === 'gzip' ? gunzipSync(received) : received).toString(),
  });
  const { status, headers, body = '' } = played.response;
  const bytes = headers['content-encoding'] === 'gzip' ? gzipSync(body) : Buffer.from(body);
  reply.writeHead(status, { ...headers, 'content-length': bytes.length });
  // In pieces, as networks deliver them: records must not depend on where they are cut.
  for (let at = 0; at < bytes.length; at += 1000) reply.write(bytes.subarray(at, at + 1000));
  reply.end();
});
await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
afterAll(() => server.close());

const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;

/** A client that signs in as the recorded one did: with a key, with a job's credential, or not at all. */
function cloudOf({ request }: Exchange): ScrapyCloud {
  const { authorization } = request.headers;
  const [, user, password] = /^(.*?):(.*)$/s.exec(credentialOf(authorization)) ?? [];
  const auth = user ? ([user, password ?? ''] as const) : () => undefined;
  return new ScrapyCloud({ auth, endpoint, retry: false });
}

function credentialOf(authorization: string = ''): string {
  return Buffer.from(authorization.slice('Basic '.length), 'base64').toString();
}

const refusals: Readonly<Record<number, string>> = {
  200: 'DuplicateJobError',
  400: 'BadRequestError',
  401: 'UnauthorizedError',
  404: 'NotFoundError',
  503: 'ServerError',
};

/** What a refusal is known by. A job that is there already is refused by a line of an answer of 200. */
function refusalOf({ request, response: { body, status } }: Exchange): object | undefined {
  const isRefused = status >= 400 || (request.url.endsWith('/push') && lines(body)[0]?.error !== undefined);
  return isRefused ? { error: refusals[status], body } : undefined;
}

const all = conversations();
const compared = all
  .map(({ exchanges, name }) => ({ name, exchanges: exchanges.filter((exchange) => !isMsgpack(exchange)) }))
  .filter(({ exchanges }) => exchanges.length > 0);

describe.skipIf(recordingsDirectory === undefined)('the SDK sends and yields what was recorded', () => {
  it.each(compared)('$name', async ({ exchanges }) => {
    for (const exchange of exchanges) {
      const { method, url, headers, body } = exchange.request;
      const where = `${method} ${url}`;
      played = exchange;
      sent = [];
      await using cloud = cloudOf(exchange);
      const call = callOf(cloud, exchange);
      const result = await call.ask().catch((error: unknown) => {
        if (!isApiError(error)) throw error;
        return { error: error.name, body: error.body };
      });
      expect(result, where).toEqual(refusalOf(exchange) ?? call.yields);

      const recorded = new URL(url);
      call.query?.(recorded.searchParams);
      expect(sent.length, where).toBe(1);
      expect(sent[0]?.method, where).toBe(method);
      expect(sent[0]?.url.pathname, where).toBe(recorded.pathname);
      expect([...(sent[0]?.url.searchParams ?? [])].sort(), where).toEqual([...recorded.searchParams].sort());
      expect(lines(sent[0]?.body), where).toEqual(call.sends ?? lines(body));
      expect(sent[0]?.encoding, where).toBe(headers['content-encoding'] ?? 'identity');
      expect(sent[0]?.authorization, where).toBe(headers.authorization);
    }
  });

  it('in at least 440 exchanges by calls of its own, in all others but msgpack through the connection', async () => {
    await using cloud = new ScrapyCloud({ auth: 'f'.repeat(32), endpoint });
    const readable = compared.flatMap(({ exchanges }) => exchanges);
    const unnamed = readable.filter((exchange) => callOf(cloud, exchange).unnamed);
    const total = all.flatMap(({ exchanges }) => exchanges).length;
    expect(total).toBeGreaterThanOrEqual(466);
    expect(total - readable.length).toBe(10);
    expect(readable.length - unnamed.length).toBeGreaterThanOrEqual(440);
    // Several jobs in a command, data of a whole spider, groups of bots, a filter of a list, a record without a key.
    expect(unnamed.length).toBe(13);
  });
});
