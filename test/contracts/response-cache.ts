import type { CacheOptions, ResponseCache, StoredHead } from 'tideway/cache';

/**
 * What any store of answers must do. Plain code of the web, so that the same cases run in every runtime: each throws
 * what it finds wrong.
 */
export type CacheCase = (create: CreateCache) => Promise<void>;

/** Makes a cache that is empty, or one more on what another has stored where that outlives it. */
export type CreateCache = (options?: CacheOptions) => ResponseCache | Promise<ResponseCache>;

type Bytes = Uint8Array<ArrayBuffer>;

const START = 1_700_000_000_000;
const MINUTE = 60_000;

function ok(condition: unknown, what: string): asserts condition {
  if (!condition) throw new Error(`Expected ${what}`);
}

function same(actual: unknown, expected: unknown, what: string): void {
  const [one, other] = [JSON.stringify(actual), JSON.stringify(expected)];
  ok(one === other, `${what} to be ${other?.slice(0, 200)}, got ${one?.slice(0, 200)}`);
}

function headOf(more: Partial<StoredHead> = {}): StoredHead {
  const headers = [['content-type', 'text/plain']] as const;
  return { status: 200, statusText: 'OK', headers, storedAt: START, keepUntil: START + MINUTE, ...more };
}

function bytesOf(length: number, seed = 0): Bytes {
  return Uint8Array.from({ length }, (_, index) => (index * 31 + (index >> 8) + seed) & 255);
}

function streamOf(...chunks: readonly (Bytes | Error)[]): ReadableStream<Bytes> {
  const left = [...chunks];
  return new ReadableStream(
    {
      pull: (controller) => {
        const next = left.shift();
        if (next instanceof Error) controller.error(next);
        else if (next) controller.enqueue(next.slice());
        else controller.close();
      },
    },
    { highWaterMark: 0 },
  );
}

async function read(cache: ResponseCache, key: string): Promise<{ head: StoredHead; bytes: Bytes } | undefined> {
  const stored = await cache.get(key);
  return stored && { head: stored.head, bytes: new Uint8Array(await new Response(stored.open()).arrayBuffer()) };
}

function sameBytes(actual: Bytes | undefined, expected: Bytes, what: string): void {
  same(actual?.length, expected.length, `the length of ${what}`);
  const at = expected.findIndex((byte, index) => byte !== actual?.[index]);
  ok(at < 0, `${what} to be what was stored, got another byte at ${at}`);
}

async function caught(promise: Promise<unknown>): Promise<unknown> {
  try {
    await promise;
  } catch (error) {
    return error;
  }
  throw new Error('Expected a rejection, got none');
}

/** A cache whose clock stands, unless it is moved. */
async function withClock(create: CreateCache, more: CacheOptions = {}): Promise<[ResponseCache, (by: number) => void]> {
  let now = START;
  const move = (by: number): void => {
    now += by;
  };
  return [await create({ clock: () => now, ...more }), move];
}

export const responseCacheCases: Readonly<Record<string, CacheCase>> = {
  'has nothing under a key that it was never given': async (create) => {
    const [cache] = await withClock(create);
    same(await cache.get('GET http://a.test/'), undefined, 'what it has');
    await cache.delete('GET http://a.test/');
    await cache.update('GET http://a.test/', headOf());
    same(await cache.get('GET http://a.test/'), undefined, 'what it has after an update of nothing');
  },

  'gives back head and body as they were, again and again': async (create) => {
    const [cache] = await withClock(create);
    const head = headOf({
      status: 404,
      statusText: 'Not Found',
      headers: [
        ['content-type', 'text/html; charset=utf-8'],
        ['link', '<a>; rel="b"'],
        ['link', '<c>; rel="d"'],
        ['x-latin', 'Gr\u00fc\u00dfe \u00ff'],
        ['x-empty', ''],
      ],
      url: 'http://b.test/a?b=%20',
      policy: { v: 1, nested: { text: '\u4e16\u754c', list: [1, null, true] } },
    });
    const bytes = bytesOf(70_000);
    await cache.put(
      'k',
      head,
      streamOf(bytes.slice(0, 1), bytes.slice(1, 40_000), new Uint8Array(0), bytes.slice(40_000)),
    );
    for (let time = 0; time < 3; time++) {
      const stored = await read(cache, 'k');
      same(stored?.head, head, 'the head');
      sameBytes(stored?.bytes, bytes, 'the body');
    }
  },

  'gives several readers of one answer a body each': async (create) => {
    const [cache] = await withClock(create);
    const bytes = bytesOf(300_000);
    await cache.put('k', headOf(), streamOf(bytes));
    const stored = await cache.get('k');
    ok(stored, 'an answer');
    const bodies = [stored.open(), stored.open(), stored.open()];
    const read = await Promise.all(bodies.map((body) => new Response(body).arrayBuffer()));
    for (const body of read) sameBytes(new Uint8Array(body), bytes, 'a body');
  },

  'holds bodies of no byte and of millions': async (create) => {
    const [cache] = await withClock(create);
    await cache.put('none', headOf({ status: 204 }), streamOf());
    same((await read(cache, 'none'))?.bytes.length, 0, 'the length of nothing');
    const chunks = Array.from({ length: 40 }, (_, index) => bytesOf(99_991, index));
    await cache.put('much', headOf(), streamOf(...chunks));
    const whole = new Uint8Array(await new Blob(chunks).arrayBuffer());
    sameBytes((await read(cache, 'much'))?.bytes, whole, 'the body');
  },

  'replaces what was there': async (create) => {
    const [cache] = await withClock(create);
    await cache.put('k', headOf(), streamOf(bytesOf(1_000_000)));
    await cache.put('k', headOf({ status: 203 }), streamOf(bytesOf(10, 7)));
    const stored = await read(cache, 'k');
    same(stored?.head.status, 203, 'the status');
    sameBytes(stored?.bytes, bytesOf(10, 7), 'the body');
  },

  'gives nothing of a body that is still coming': async (create) => {
    const [cache] = await withClock(create);
    let end = (): void => {};
    const ended = new Promise<void>((resolve) => {
      end = resolve;
    });
    let count = 0;
    const body = new ReadableStream<Bytes>({
      pull: async (controller) => {
        if (count++ < 3) return controller.enqueue(bytesOf(300_000));
        await ended;
        controller.close();
      },
    });
    const put = cache.put('k', headOf(), body);
    while (count < 4) await new Promise((resolve) => setTimeout(resolve, 5));
    same(await cache.get('k'), undefined, 'what there is of it');
    end();
    await put;
    same((await read(cache, 'k'))?.bytes.length, 900_000, 'the length in the end');
  },

  'stores nothing of a body that breaks, and says what broke it': async (create) => {
    const [cache] = await withClock(create);
    for (const length of [0, 10, 700_000]) {
      const error = new Error('cut');
      const cut = await caught(cache.put(`k${length}`, headOf(), streamOf(bytesOf(length), error)));
      // Some platforms make an error of their own of it.
      ok(cut instanceof Error, `an error, got ${String(cut)}`);
      same(await cache.get(`k${length}`), undefined, 'what there is of it');
    }
    await cache.put('k10', headOf(), streamOf(bytesOf(5)));
    same((await read(cache, 'k10'))?.bytes.length, 5, 'the length of what was stored afterwards');
  },

  'ends with one of two answers that are stored at the same time': async (create) => {
    const [cache] = await withClock(create);
    const bodies = [bytesOf(400_000, 1), bytesOf(300_000, 2)];
    await Promise.all(bodies.map((body, index) => cache.put('k', headOf({ status: 200 + index }), streamOf(body))));
    const stored = await read(cache, 'k');
    const expected = bodies[(stored?.head.status ?? 0) - 200];
    ok(expected, 'one of both');
    sameBytes(stored?.bytes, expected, 'its body');
  },

  'replaces the head alone': async (create) => {
    const [cache] = await withClock(create);
    await cache.put('k', headOf(), streamOf(bytesOf(600_000)));
    const head = headOf({ headers: [['etag', '"2"']], storedAt: START + 5, keepUntil: START + 2 * MINUTE });
    await cache.update('k', head);
    const stored = await read(cache, 'k');
    same(stored?.head, head, 'the head');
    sameBytes(stored?.bytes, bytesOf(600_000), 'the body');
  },

  'forgets what it is told to, and nothing else': async (create) => {
    const [cache] = await withClock(create);
    for (const key of ['a', 'b', 'c']) await cache.put(key, headOf(), streamOf(bytesOf(10)));
    await cache.delete('b');
    same(await cache.get('b'), undefined, 'what was deleted');
    ok(await cache.get('a'), 'the others to be there');
    await cache.clear();
    for (const key of ['a', 'c']) same(await cache.get(key), undefined, 'what there is after it was cleared');
    await cache.put('a', headOf(), streamOf(bytesOf(3)));
    same((await read(cache, 'a'))?.bytes.length, 3, 'the length of what was stored afterwards');
  },

  'forgets what may not be kept any longer': async (create) => {
    const [cache, move] = await withClock(create);
    await cache.put('short', headOf({ keepUntil: START + 1000 }), streamOf(bytesOf(10)));
    await cache.put('long', headOf({ keepUntil: 2 ** 53 }), streamOf(bytesOf(10)));
    move(999);
    ok(await cache.get('short'), 'it to be there before');
    move(1);
    same(await cache.get('short'), undefined, 'what there is afterwards');
    move(10_000 * MINUTE);
    ok(await cache.get('long'), 'what is kept for ever to be there');
  },

  'tells keys of any text apart': async (create) => {
    const [cache] = await withClock(create);
    const long = 'x'.repeat(10_000);
    const keys = [
      '',
      ' ',
      'a',
      'A',
      'a ',
      'a\n',
      'a/b',
      'a%2Fb',
      'a?b#c',
      '\u00e9',
      'e\u0301',
      '\u4e16',
      '__proto__',
      long,
      `${long}y`,
    ];
    for (const [index, key] of keys.entries()) await cache.put(key, headOf(), streamOf(bytesOf(index + 1)));
    for (const [index, key] of keys.entries()) {
      same((await read(cache, key))?.bytes.length, index + 1, `the length under key ${index}`);
    }
  },

  'holds many answers that are stored and asked for at once': async (create) => {
    const [cache] = await withClock(create);
    const numbers = Array.from({ length: 150 }, (_, number) => number);
    await Promise.all(numbers.map((n) => cache.put(`k${n}`, headOf({ status: 200 + n }), streamOf(bytesOf(500, n)))));
    const all = await Promise.all(numbers.map((n) => read(cache, `k${n}`)));
    for (const [n, stored] of all.entries()) {
      same(stored?.head.status, 200 + n, `the status of ${n}`);
      sameBytes(stored?.bytes, bytesOf(500, n), `the body of ${n}`);
    }
  },

  'has rules with the defaults filled in': async (create) => {
    const cache = await create({ ttl: 5, policy: 'http' });
    const { credentialHeaders, maxEntryBytes, policy, storeCredentialed, ttl } = cache.rules;
    same([policy, ttl, storeCredentialed, maxEntryBytes], ['http', 5, false, 8 * 1024 * 1024], 'the rules');
    ok(credentialHeaders.includes('authorization'), 'the names of credentials');
    const now = cache.rules.clock();
    ok(Math.abs(now - Date.now()) < 60_000_000, `a time, got ${now}`);
  },
};
