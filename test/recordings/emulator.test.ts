import { gzipSync } from 'node:zlib';
import { decodeMulti } from '@msgpack/msgpack';
import type { Seed, SeedJob, SeedSpider } from 'tideway/emulator';
import { type EmulatorServer, serveEmulator } from 'tideway/node';
import { describe, expect, test } from 'vitest';
import { basic, type RawAnswer, send } from '../helpers/raw-http.ts';
import { type Conversation, conversations, type Exchange, recordingsDirectory, responseBytes } from './load.ts';

const project = 2222222;

/** Exchanges whose answers cannot be compared, by `conversation #position`, and why; at most one in twenty of all. */
const incomparable: ReadonlyMap<string, string> = new Map<string, string>();

const resources: ReadonlySet<string> = new Set(['items', 'logs', 'requests', 'samples']);
/** What is answered to the letter, where no time of ours is in it. */
const literal: ReadonlySet<string> = new Set([...resources, 'activity', 'collections']);
const timeField = /^(ts|_ts|(pending|running|finished|deleted)_time)$/;
/** Times and counters of the server are in it, in front of what numbers the batches of one post. */
const batchId = /^[0-9a-f]{13}([0-9a-f]{5,7})$/;
const token = /^[\w-]+\.([\w-]+)\.[\w-]+$/;

interface Target {
  readonly url: URL;
  readonly segments: readonly string[];
}

function targetOf(exchange: Exchange): Target {
  const url = new URL(exchange.request.url);
  return { url, segments: url.pathname.slice(1).split('/') };
}

function lines(text: string): string[] {
  return text.split('\n').filter((line) => line !== '');
}

function recordedText(exchange: Exchange): string {
  return Buffer.from(responseBytes(exchange)).toString('utf8');
}

function isMsgpack(exchange: Exchange): boolean {
  return exchange.response.headers['content-type']?.startsWith('application/x-msgpack') ?? false;
}

function recordsOf(exchange: Exchange): unknown[] {
  if (isMsgpack(exchange)) return [...decodeMulti(responseBytes(exchange))];
  return lines(recordedText(exchange)).map((line): unknown => JSON.parse(line));
}

/** The keys that pushes were given, by the spiders' names. */
function pushedKeys(conversation: Conversation): { spider: string; id: number; number: number }[] {
  return conversation.exchanges.flatMap((exchange) => {
    if (!targetOf(exchange).url.pathname.endsWith('/push') || exchange.response.status !== 200) return [];
    const answers = lines(recordedText(exchange)).map((line) => JSON.parse(line));
    return lines(exchange.request.body ?? '').flatMap((line, position) => {
      const key: unknown = answers[position]?.key;
      if (typeof key !== 'string') return [];
      const [, id = 0, number = 0] = key.split('/').map(Number);
      return [{ spider: String(JSON.parse(line).spider), id, number }];
    });
  });
}

/**
 * What the server knew before the conversation began: the spiders with the numbers that their next jobs got, and, where
 * a spider's data is read as a whole, an older job that holds what was read.
 */
function seedOf(conversation: Conversation): Seed {
  const pushed = pushedKeys(conversation);
  const spiders = new Map<string, SeedSpider>();
  for (const { spider, id, number } of pushed) {
    const known = spiders.get(spider)?.nextJob ?? number;
    spiders.set(spider, { name: spider, id, nextJob: Math.min(known, number) });
  }
  const older: Record<string, unknown[]> = {};
  for (const exchange of conversation.exchanges) {
    const { segments } = targetOf(exchange);
    const [resource = '', , spider, job] = segments;
    if (exchange.request.method === 'GET' && resources.has(resource) && spider !== undefined && job === undefined) {
      older[resource] = recordsOf(exchange);
    }
  }
  const first = pushed[0];
  const jobs: SeedJob[] = [];
  if (Object.keys(older).length > 0 && first !== undefined) {
    jobs.push({ spider: first.spider, number: first.number - 1, ...older });
  }
  return { spiders: [...spiders.values()], jobs };
}

/** Our side of a conversation: what differs from the recording and must be carried over into later requests. */
class Replay {
  readonly #server: EmulatorServer;
  readonly #tokens = new Map<string, string>();
  readonly #times = new Map<number, number>();
  readonly #batches = new Map<string, string>();

  constructor(server: EmulatorServer) {
    this.#server = server;
  }

  async send(exchange: Exchange): Promise<RawAnswer> {
    const { url } = targetOf(exchange);
    for (const name of ['startts', 'endts']) {
      const recorded = url.searchParams.get(name);
      const ours = recorded === null ? undefined : this.#times.get(Number(recorded));
      if (ours !== undefined) url.searchParams.set(name, String(ours));
    }
    const { method, headers } = exchange.request;
    const body = this.#carryOver(exchange);
    const kept = Object.fromEntries(
      Object.entries(headers).filter(([name]) => /^(accept|accept-encoding|content-encoding)$/i.test(name)),
    );
    const authorization = this.#authorization(headers);
    const isGzip = headers['content-encoding'] === 'gzip';
    return send(this.#server.url, {
      method,
      path: url.pathname + url.search,
      headers: { ...kept, ...(authorization === undefined ? {} : { authorization }) },
      ...(body === undefined ? {} : { body: isGzip ? gzipSync(body) : body }),
    });
  }

  // A client writes the metadata back that it has read, times included, and deletes the batches that it has read.
  #carryOver(exchange: Exchange): string | undefined {
    const { body } = exchange.request;
    const family = targetOf(exchange).segments[0];
    if (family === 'hcf') return body?.replaceAll(/"[0-9a-f]{18,20}"/g, (id) => this.#batches.get(id) ?? id);
    if (family !== 'jobs') return body;
    return body?.replaceAll(/\b\d{13}\b/g, (time) => String(this.#times.get(Number(time)) ?? time));
  }

  #authorization(headers: Readonly<Record<string, string>>): string | undefined {
    const recorded = headers.authorization;
    if (recorded === undefined) return undefined;
    const [user = ''] = Buffer.from(recorded.slice('Basic '.length), 'base64').toString('utf8').split(':');
    return user.includes('/') ? basic(user, this.#tokens.get(user)) : recorded;
  }

  /** Compares two JSON values; times and tokens by their form, and remembers which of ours stands for which. */
  compare(ours: unknown, recorded: unknown, path: string): void {
    const name = path.slice(path.lastIndexOf('.') + 1);
    if (typeof recorded === 'object' && recorded !== null) {
      expect(Array.isArray(ours), path).toBe(Array.isArray(recorded));
      expect(Object.keys(Object(ours)).sort(), path).toEqual(Object.keys(recorded).sort());
      for (const [key, value] of Object.entries(recorded)) {
        this.compare(Reflect.get(Object(ours), key), value, `${path}.${key}`);
      }
      const { key, auth } = Object(ours);
      if (typeof key === 'string' && typeof auth === 'string') this.#tokens.set(key, auth);
    } else if (typeof recorded === 'number' && timeField.test(name)) {
      expect(ours, path).toSatisfy((time: number) => Number.isInteger(time) && Math.abs(time - Date.now()) < 60_000);
      this.#times.set(recorded, Number(ours));
    } else if (typeof recorded === 'number' && name === 'elapsed') {
      expect(ours, path).toSatisfy((elapsed: number) => Number.isInteger(elapsed) && elapsed >= 1);
    } else if (typeof recorded === 'string' && name === 'auth') {
      // The same claim about the same job, under a signature of our own.
      expect(token.exec(String(ours))?.[1], path).toBe(token.exec(recorded)?.[1]);
    } else if (typeof recorded === 'string' && name === 'id' && batchId.test(recorded)) {
      expect(batchId.exec(String(ours))?.[1], path).toBe(batchId.exec(recorded)?.[1]);
      this.#batches.set(JSON.stringify(recorded), JSON.stringify(ours));
    } else expect(ours, path).toEqual(recorded);
  }
}

/** The tokens of a JSON text with what stands between them, strings left out: its style. */
function separators(text: string): Set<string> {
  return new Set(text.replaceAll(/"(?:[^"\\]|\\.)*"/g, 's').match(/[:,]\s*/g));
}

const comparedHeaders = ['content-type', 'content-encoding', 'cache-control', 'vary', 'www-authenticate'];

function compareHeaders(ours: RawAnswer, exchange: Exchange): void {
  const { headers } = exchange.response;
  for (const name of comparedHeaders) expect(ours.headers[name], name).toBe(headers[name]);
  // The proxy ended the connection in place of telling a length, and let no page read its answer; a fault lets it.
  if (exchange.response.status >= 500) return;
  expect(ours.headers['access-control-allow-origin']).toBe(headers['access-control-allow-origin']);
  expect('x-service-version' in ours.headers).toBe('x-service-version' in headers);
  // What has a length on one side has one on the other, so that connections are kept alike.
  expect('content-length' in ours.headers).toBe('content-length' in headers);
}

function compareBodies(replay: Replay, ours: RawAnswer, exchange: Exchange): void {
  const recorded = recordedText(exchange);
  const { url, segments } = targetOf(exchange);
  const isOursToTime = url.searchParams.has('meta') && url.searchParams.getAll('meta').includes('_ts');
  if (isMsgpack(exchange)) {
    if (isOursToTime) compareTimed(replay, [...decodeMulti(ours.bytes)], recordsOf(exchange));
    else expect(ours.bytes.equals(responseBytes(exchange)), 'the same bytes').toBe(true);
    return;
  }
  if (literal.has(segments[0] ?? '') && segments.at(-1) !== 'stats' && !isOursToTime) {
    expect(ours.text).toBe(recorded);
    return;
  }
  expect(ours.text.endsWith('\n')).toBe(recorded.endsWith('\n'));
  const oursParsed = lines(ours.text).map((line): unknown => JSON.parse(line));
  const recordedParsed = lines(recorded).map((line): unknown => JSON.parse(line));
  expect(oursParsed).toHaveLength(recordedParsed.length);
  expect(separators(ours.text)).toEqual(separators(recorded));
  if (segments[0] === 'system') {
    expect(ours.text).toMatch(/^\d{13}$/);
    return;
  }
  if (isOursToTime) compareTimed(replay, oursParsed, recordedParsed);
  else replay.compare(oursParsed, recordedParsed, '');
}

/** Records with `_ts`: the same records, and the same ones share a time. */
function compareTimed(replay: Replay, ours: readonly unknown[], recorded: readonly unknown[]): void {
  replay.compare(ours, recorded, '');
  const groups = (records: readonly unknown[]): number[] => {
    const times = records.map((record): unknown => Object(record)._ts);
    return times.map((time) => times.indexOf(time));
  };
  expect(groups(ours)).toEqual(groups(recorded));
}

const replayed = conversations();

// The recordings are not part of the repository; without them there is nothing to compare with.
describe.skipIf(recordingsDirectory === undefined)('the emulator answers as the recorded servers did', () => {
  test.each(replayed.map((conversation) => [conversation.name, conversation] as const))(
    '%s',
    async (name, conversation) => {
      await using server = await serveEmulator({ projects: [project], seed: seedOf(conversation) });
      const replay = new Replay(server);
      for (const [position, exchange] of conversation.exchanges.entries()) {
        // What a proxy said in place of the server is said by a fault.
        if (exchange.response.status >= 500) {
          server.emulator.faults = [{ status: exchange.response.status, times: 1 }];
        }
        const ours = await replay.send(exchange);
        const place = `${name} #${position}`;
        if (incomparable.has(place)) {
          continue;
        }
        expect(ours.error, place).toBeUndefined();
        expect(ours.status, `${place}: ${ours.text.slice(0, 300)}`).toBe(exchange.response.status);
        try {
          compareHeaders(ours, exchange);
          if (exchange.response.headers['content-type'] === undefined || exchange.response.status !== 200) {
            expect(ours.text).toBe(recordedText(exchange));
          } else compareBodies(replay, ours, exchange);
        } catch (error) {
          throw new Error(`${place} ${exchange.request.method} ${targetOf(exchange).url.pathname}`, { cause: error });
        }
      }
    },
  );

  test('at most one exchange in twenty is left out', () => {
    const total = replayed.reduce((sum, { exchanges }) => sum + exchanges.length, 0);
    expect(total).toBeGreaterThanOrEqual(466);
    expect(incomparable.size * 20).toBeLessThanOrEqual(total);
  });
});
