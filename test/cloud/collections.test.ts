import {
  BadRequestError,
  Collection,
  type CollectionRecord,
  ConfigurationError,
  Connection,
  DecodeError,
  isUnsavedRecordsError,
  NotFoundError,
  ScrapyCloud,
  StreamInterruptedError,
  UnsavedRecordsError,
  ValueTooLargeError,
} from 'tideway';
import { createEmulator, type Emulator, type ReceivedRequest } from 'tideway/emulator';
import { serveEmulator } from 'tideway/node';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readUntilError } from '../helpers/reading.ts';
import { rejection, thrown } from '../helpers/rejection.ts';
import { untilOver } from '../helpers/until-over.ts';
import { withoutWaits } from '../helpers/without-waits.ts';

let emulator: Emulator;
let cloud: ScrapyCloud;
let store: Collection;
let requests: ReceivedRequest[];

beforeEach(() => {
  withoutWaits();
  requests = [];
  const onRequest = (request: ReceivedRequest): void => void requests.push(request);
  emulator = untilOver(createEmulator({ projects: [1], countScanLimit: 10, onRequest }));
  cloud = new ScrapyCloud({ auth: emulator.apiKey, fetch: emulator.fetch });
  store = cloud.getProject(1).collections.getStore('things');
});
afterEach(() => cloud.close());

const path = '/collections/1/s/things';
const numbered = (count: number): { _key: string; n: number }[] =>
  Array.from({ length: count }, (_, n) => ({ _key: `k${n}`, n }));
const keysOf = (records: readonly CollectionRecord[]): string[] => records.map(({ _key }) => _key);

describe('The collections of a project', () => {
  it('are listed with their types and names', async () => {
    const { collections } = cloud.getProject(1);
    expect(await collections.list()).toEqual([]);
    await collections.getStore('a').set({ _key: 'x' });
    await collections.getCachedStore('a').set({ _key: 'x' });
    await collections.getVersionedStore('b').set({ _key: 'x' });
    await collections.getVersionedCachedStore('b').set({ _key: 'x' });
    const expected = [
      { type: 's', name: 'a' },
      { type: 'cs', name: 'a' },
      { type: 'vs', name: 'b' },
      { type: 'vcs', name: 'b' },
    ];
    expect(await collections.list()).toEqual(expected);
    expect(await collections.iter().toArray()).toEqual(expected);
  });

  it('are apart from each other by type, until the name is truncated', async () => {
    const { collections } = cloud.getProject(1);
    const cached = collections.get('cs', 'things');
    const other = collections.get('s', 'others');
    await store.set({ _key: 'x', of: 's' });
    await cached.set({ _key: 'x', of: 'cs' });
    await other.set({ _key: 'x' });
    expect([await store.get('x'), await cached.get('x')]).toEqual([{ of: 's' }, { of: 'cs' }]);
    await store.truncate();
    expect([await store.count(), await cached.count(), await other.count()]).toEqual([0, 0, 1]);
    expect(await store.list()).toEqual([]);
  });

  it.each([
    ['', 'the name of a collection'],
    ['a-b', 'the name of a collection'],
    ['é', 'the name of a collection'],
    ['a\n', 'the name of a collection'],
    ['../s/a', 'the name of a collection'],
    [7, 'the name of a collection'],
  ])('refuse the name %j', (name, message) => {
    const error = thrown(() => cloud.getProject(1).collections.getStore(name as string));
    expect(error).toBeInstanceOf(ConfigurationError);
    expect(String(error)).toContain(message);
  });

  it.each(['S', 'sc', '', undefined, 'toString'])('refuse the type %j', (type) => {
    const error = thrown(() => cloud.getProject(1).collections.get(type as 's', 'a'));
    expect(error).toBeInstanceOf(ConfigurationError);
    expect(String(error)).toContain('Expected the type of a collection: s, cs, vs or vcs, got');
  });

  it('can be made one by one', async () => {
    const connection = new Connection({ auth: emulator.apiKey, fetch: emulator.fetch });
    const alone = new Collection(connection, 1, 's', 'things');
    await alone.set({ _key: 'x', n: 1 });
    expect(await store.get('x')).toEqual({ n: 1 });
    expect([alone.type, alone.name]).toEqual(['s', 'things']);
  });
});

describe('A record of a collection', () => {
  it('is stored, read without its key, replaced and deleted', async () => {
    await store.set({ _key: '002d', value: 'é€𝒳', at: new Date(5) });
    expect(await store.get('002d')).toEqual({ value: 'é€𝒳', at: 5 });
    await store.set({ _key: '002d', other: [1] });
    expect(await store.get<{ other: number[] }>('002d')).toEqual({ other: [1] });
    expect(await store.count()).toBe(1);
    await store.delete('002d');
    await store.delete('002d');
    expect(await store.count()).toBe(0);
  });

  it('that does not exist is a NotFoundError', async () => {
    for (const key of ['nothing', 'count', '..', 'a/b']) {
      const error = await rejection(store.get(key));
      expect(error, key).toBeInstanceOf(NotFoundError);
      expect(error, key).toMatchObject({ status: 404, method: 'GET' });
    }
  });

  it.each(['count', '.', '..', 'a/b', 'a b?c#d%2F&e=f', '"\\', 'é€𝒳', 'deleted', 'list'])(
    'may have the key %j',
    async (key) => {
      await store.set([{ _key: key, n: 1 }, { _key: 'z' }]);
      expect(await store.get(key)).toEqual({ n: 1 });
      expect(await store.list({ key: [key] })).toEqual([{ _key: key, n: 1 }]);
      expect(await store.getMany([key])).toEqual(new Map([[key, { n: 1 }]]));
      expect(await store.count({ key })).toBe(1);
      await store.delete([key]);
      expect(keysOf(await store.list())).toEqual(['z']);
    },
  );

  it.each([
    ['no _key', { value: 1 }],
    ['an empty _key', { _key: '' }],
    ['a number as _key', { _key: 5 }],
    ['half of a surrogate pair as _key', { _key: '\ud800' }],
  ])('is refused with %s, before anything is sent', async (_, record) => {
    const error = await rejection(store.set([{ _key: 'fine' }, record as { _key: string }]));
    expect(error).toBeInstanceOf(ConfigurationError);
    expect(String(error)).toContain('Expected `_key` to be text that is not empty');
    const writer = store.writer();
    expect(String(await rejection(writer.write(record as { _key: string } & CollectionRecord)))).toContain('`_key`');
    await writer.close();
    expect(requests).toEqual([]);
  });

  it('is refused when it is none', async () => {
    for (const record of ['text', null, 5]) {
      expect(await rejection(store.set(record as never))).toBeInstanceOf(ConfigurationError);
    }
    expect(requests).toEqual([]);
  });

  it('is refused by the name of the field that JSON cannot hold', async () => {
    const error = await rejection(store.set([{ _key: 'a' }, { _key: 'b', deep: [{ big: 1n }] }]));
    expect(error).toBeInstanceOf(ConfigurationError);
    expect(String(error)).toContain('got a bigint in its field `deep[0].big`');
    expect(requests).toEqual([]);
  });

  it('is refused above 1 MiB of UTF-8 before it is sent, and taken at 1 MiB', async () => {
    const empty = JSON.stringify({ _key: 'k', text: '' }).length;
    const fits = { _key: 'k', text: 'é'.repeat((1024 * 1024 - empty) / 2) + 'a'.repeat((1024 * 1024 - empty) % 2) };
    expect(new TextEncoder().encode(JSON.stringify(fits)).length).toBe(1024 * 1024);
    await store.set(fits);
    const sent = requests.length;
    const error = await rejection(store.set([{ _key: 'a' }, { ...fits, text: `${fits.text}a` }]));
    expect(error).toBeInstanceOf(ValueTooLargeError);
    expect(error).toMatchObject({ status: 413, path, message: expect.stringContaining('got 1048577') });
    expect(requests.length).toBe(sent);
    expect(await store.count()).toBe(1);
  });

  it('that is no key to read is refused', async () => {
    for (const key of ['', 5, undefined, '\udc00']) {
      for (const call of [() => store.get(key as string), () => store.delete([key as string])]) {
        expect(String(await rejection(call()))).toContain('Expected `key` to be text that is not empty');
      }
    }
    expect(requests).toEqual([]);
  });
});

describe('Many records', () => {
  it('are stored, fetched, counted and deleted in as many requests as they need', async () => {
    const records = numbered(2_500);
    await store.set(records);
    expect(requests.map(({ method }) => method)).toEqual(['POST', 'POST', 'POST']);
    expect(await store.count()).toBe(2_500);
    // The emulator counts 10 at a time here.
    expect(requests.filter((request) => request.path === `${path}/count`)).toHaveLength(250);
    requests.length = 0;
    const wanted = [...records.map(({ _key }) => _key), 'none', 'k7'];
    const found = await store.getMany(wanted);
    expect(found.size).toBe(2_500);
    expect(found.get('k1234')).toEqual({ n: 1234 });
    expect(requests.length).toBeGreaterThan(1);
    for (const { query } of requests) expect(query.toString().length).toBeLessThan(6_100);
    await store.delete(wanted.slice(1));
    expect(await store.list()).toEqual([{ _key: 'k0', n: 0 }]);
  });

  it('are split by their size, too', async () => {
    await store.set(Array.from({ length: 9 }, (_, n) => ({ _key: `k${n}`, text: 'x'.repeat(1_000_000) })));
    expect(requests).toHaveLength(3);
    expect(await store.count()).toBe(9);
  });

  it('are no request where there is none', async () => {
    await store.set([]);
    await store.delete([]);
    expect(await store.getMany([])).toEqual(new Map());
    expect(await store.list({ key: [] })).toEqual([]);
    expect(await store.list({ prefix: [] })).toEqual([]);
    expect(await store.count({ key: [] })).toBe(0);
    expect(requests).toEqual([]);
  });

  it('tell which of them were stored when a request fails behind others', async () => {
    const all = numbered(2_500);
    let posts = 0;
    const failing = new ScrapyCloud({
      auth: emulator.apiKey,
      fetch: async (request) => (++posts === 2 ? new Response('no', { status: 400 }) : emulator.fetch(request)),
    });
    const error = await rejection(failing.getProject(1).collections.getStore('things').set(all));
    expect(error).toBeInstanceOf(UnsavedRecordsError);
    expect(isUnsavedRecordsError(error) && error.records).toEqual(all.slice(1_000));
    expect(error).toMatchObject({ start: 1_000, cause: expect.any(BadRequestError) });
    expect(await store.list({ nodata: true }).then(({ length }) => length)).toBe(1_000);
  });

  it('are stored once although answers are lost', async () => {
    emulator.faults.push({ path, drop: 'after', times: 1 }, { path: `${path}/deleted`, status: 503, times: 1 });
    await store.set(numbered(3));
    await store.delete('k1');
    expect(await store.list()).toEqual([
      { _key: 'k0', n: 0 },
      { _key: 'k2', n: 2 },
    ]);
    emulator.faults.push({ path: '/collections/1/delete', drop: 'after', times: 1 });
    await store.truncate();
    expect(await store.count()).toBe(0);
  });

  it('end with the signal and with the deadline', async () => {
    const reason = new Error('enough');
    emulator.faults.push({ method: 'POST', latency: 5_000 });
    expect(await rejection(store.set(numbered(3), { signal: AbortSignal.abort(reason) }))).toBe(reason);
    const error = await rejection(store.set(numbered(3), { deadline: 20 }));
    expect(error).toMatchObject({ code: 'ERR_TIMEOUT', phase: 'deadline' });
  });
});

describe('Reading a collection', () => {
  beforeEach(async () => {
    await store.set([...numbered(30), { _key: 'z1', n: 1 }, { _key: 'z2', n: 2 }, { _key: 'é', n: 3 }]);
    requests.length = 0;
  });

  it('gives the records in the order of the bytes of their keys, with their keys', async () => {
    const records = await store.list();
    expect(records[1]).toEqual({ _key: 'k1', n: 1 });
    expect(keysOf(records)).toEqual([...numbered(30).map(({ _key }) => _key), 'z1', 'z2', 'é'].sort());
    expect(requests).toHaveLength(1);
  });

  it.each([
    [{ prefix: 'k2' }, 11],
    [{ prefix: ['k2', 'z', 'k29'] }, 13],
    [{ prefix: ['z', 'k'], prefixCount: 2 }, 4],
    [{ prefix: 'k', prefixCount: 5 }, 5],
    [{ key: ['z1', 'none', 'k3', 'z1'] }, 2],
    [{ start: 'k8' }, 5],
    [{ startAfter: 'k8' }, 4],
    [{ startAfter: 'k0' }, 32],
    [{ start: 'k1', prefix: 'k' }, 29],
    [{ startAfter: 'k28', prefix: ['k', 'z'] }, 10],
    [{ filter: ['n', '>=', [28]] as const }, 2],
    [{ endTs: 1 }, 0],
    [{ startTs: 1 }, 33],
  ])('takes %j: %i records', async (options, length) => {
    const records = await store.list(options);
    expect(records).toHaveLength(length);
    expect(await store.count(options)).toBe(length);
    expect(await store.list({ ...options, count: 3 })).toEqual(records.slice(0, 3));
  });

  it('adds what `meta` names, and leaves out all else with `nodata`', async () => {
    const [first] = await store.list({ meta: '_ts', count: 1 });
    expect(first).toEqual({ _key: 'k0', n: 0, _ts: expect.any(Number) });
    expect(await store.list({ nodata: true, prefix: 'z' })).toEqual([{ _key: 'z1' }, { _key: 'z2' }]);
  });

  it('checks records by a schema', async () => {
    const validate = (value: unknown): { value: string } => ({ value: (value as CollectionRecord)._key });
    const schema = { '~standard': { version: 1, vendor: 'test', validate } } as const;
    expect(await store.list({ schema, prefix: 'z' })).toEqual(['z1', 'z2']);
  });

  it.each([
    [{ count: -1 }, '`count`'],
    [{ prefixCount: 1 }, '`prefixCount` with `prefix`'],
    [{ prefix: 'a', prefixCount: 1.5 }, '`prefixCount`'],
    [{ key: 'a', prefix: 'b' }, 'either `key` or `prefix`'],
    [{ key: ['a', ''] }, '`key` to be text'],
    [{ prefix: '' }, '`prefix` to be text'],
    [{ prefix: null }, '`prefix` to be text'],
    [{ key: 5 }, '`key` to be text'],
    [{ start: 5 }, '`start` to be text'],
    [{ startAfter: '' }, '`startAfter` to be text'],
    [{ startTs: 'now' }, '`startTs`'],
    [{ maxRecordBytes: 0 }, '`maxRecordBytes`'],
    [{ filter: 'n > 5' }, '`filter`'],
  ])('refuses %j at once', (options, message) => {
    const error = thrown(() => store.iter(options as object));
    expect(error).toBeInstanceOf(ConfigurationError);
    expect(String(error)).toContain(message);
  });

  it('goes on behind the last key when it breaks, whatever it selects', async () => {
    for (const options of [
      {},
      { count: 20 },
      { prefix: 'k' },
      { prefix: ['k2', 'z', 'k1'] },
      { prefix: ['z', 'k2', 'k1'], prefixCount: 6 },
      { prefix: ['z', 'k2', 'k1'], prefixCount: 6, count: 10 },
      { key: numbered(30).map(({ _key }) => _key) },
      { start: 'k15' },
      { startAfter: 'k15', count: 15 },
    ]) {
      const whole = await store.list(options);
      for (const at of [0, 1, 2, 5]) {
        emulator.faults.splice(0, 9, { path, method: 'GET', cutAfterRecords: at, times: 2 });
        const events: object[] = [];
        const records = store.iter({
          ...options,
          onResume: ({ delivered, lastKey }) => {
            events.push({ delivered, lastKey });
            expect(records.progress).toMatchObject({ delivered, lastKey });
          },
        });
        expect(await records.toArray(), JSON.stringify({ options, at })).toEqual(whole);
        expect(records.progress).toMatchObject({ delivered: whole.length, lastKey: whole.at(-1)?._key });
        expect(records.progress.resumes).toBe(events.length);
        expect(events.length).toBeGreaterThan(0);
      }
    }
    // A server that is given both might take the first.
    expect(requests.some(({ query }) => query.has('startafter'))).toBe(true);
    expect(requests.filter(({ query }) => query.has('start') && query.has('startafter'))).toEqual([]);
  });

  it('ends with the signal and with the deadline, in one part or in several', async () => {
    emulator.faults.push({ path, stallAfterRecords: 3 });
    for (const options of [{}, { prefix: ['k', 'z'] }]) {
      const late = await readUntilError(store.iter({ ...options, deadline: 100 }));
      expect(late.error).toMatchObject({ code: 'ERR_TIMEOUT', phase: 'deadline' });
      const stop = new AbortController();
      const reason = new Error('enough');
      let seen = 0;
      const reading = async (): Promise<void> => {
        for await (const _ of store.iter({ ...options, signal: stop.signal })) if (++seen === 3) stop.abort(reason);
      };
      expect(await rejection(reading())).toBe(reason);
      expect(seen).toBe(3);
    }
  });

  it('tells of breaks in a later part as of those of the whole read', async () => {
    const events: object[] = [];
    const records = store.iter({
      prefix: ['z', 'k'],
      prefixCount: 2,
      onResume: ({ delivered, lastKey }) => void events.push({ delivered, lastKey }),
    });
    const keys: string[] = [];
    for await (const { _key } of records) {
      keys.push(_key);
      if (_key === 'k1') {
        emulator.faults.push({ path, cutAfterRecords: 0, times: 1 }, { path, cutAfterRecords: 1, times: 1 });
      }
    }
    expect(keys).toEqual(['k0', 'k1', 'z1', 'z2']);
    expect(events).toEqual([
      { delivered: 2, lastKey: 'k1' },
      { delivered: 3, lastKey: 'z1' },
    ]);
    expect(records.progress).toMatchObject({ delivered: 4, resumes: 2, lastKey: 'z2' });
  });

  it('keeps the order of bytes over several parts, and takes a prefix for what it shares with a shorter one', async () => {
    await store.set([{ _key: '𝒳1' }, { _key: '\uffee1' }, { _key: 'k' }]);
    const options = { prefix: ['𝒳', 'k2', '\uffee', 'k'], prefixCount: 3 };
    expect(keysOf(await store.list(options))).toEqual(['k', 'k0', 'k1', '\uffee1', '𝒳1']);
    expect(await store.count(options)).toBe(5);
    expect(keysOf(await store.list({ key: ['𝒳1', '\uffee1'] }))).toEqual(['\uffee1', '𝒳1']);
  });

  it('is interrupted where a later part of it cannot be opened', async () => {
    let reads = 0;
    const failing = new ScrapyCloud({
      auth: emulator.apiKey,
      retry: false,
      fetch: async (request) => (++reads > 1 ? Response.error() : emulator.fetch(request)),
    });
    const things = failing.getProject(1).collections.getStore('things');
    const records = things.iter({ prefix: ['k', 'z'], prefixCount: 2 });
    const { delivered, error } = await readUntilError(records);
    expect(keysOf(delivered)).toEqual(['k0', 'k1']);
    expect(error).toBeInstanceOf(StreamInterruptedError);
    expect(error).toMatchObject({ delivered: 2, lastKey: 'k1' });
    const bytes = '{"n":0,"_key":"k0"}\n{"n":1,"_key":"k1"}\n'.length;
    expect(records.progress).toEqual({ delivered: 2, lastKey: 'k1', resumes: 0, bytes });
  });

  it('tells how far it came when it gives up', async () => {
    for (const options of [{}, { prefix: ['k', 'z'] }]) {
      emulator.faults.splice(0, 9, { path, method: 'GET', cutAfterRecords: 4, times: 1 }, { path, drop: 'before' });
      const { delivered, error } = await readUntilError(store.iter({ ...options, retry: false }));
      expect(keysOf(delivered)).toEqual(['k0', 'k1', 'k10', 'k11']);
      expect(error).toBeInstanceOf(StreamInterruptedError);
      expect(error).toMatchObject({ delivered: 4, lastKey: 'k11' });
    }
  });

  it('can be left early, and frees the socket', async () => {
    await using server = await serveEmulator({ projects: [1] });
    const remote = new ScrapyCloud({ auth: server.emulator.apiKey, endpoint: server.endpoint });
    const things = remote.getProject(1).collections.getStore('things');
    await things.set(numbered(500));
    for (const options of [{}, { prefix: ['k1', 'k2'] }]) {
      for await (const { _key } of things.iter(options)) if (_key.startsWith('k1')) break;
    }
    expect(await things.iter({ prefix: 'k49' }).first()).toEqual({ _key: 'k49', n: 49 });
    expect(await things.count()).toBe(500);
  });

  it('never takes a page of HTML for records, a count or a success', async () => {
    emulator.faults.push({ status: 200, body: '<html>please log in</html>' });
    const call = { retry: false } as const;
    for (const outcome of [
      store.list(call),
      store.get('k1', call),
      store.count(call),
      store.set({ _key: 'a' }, call),
      store.delete('a', call),
      store.truncate(call),
      cloud.getProject(1).collections.list(call),
    ]) {
      expect(await rejection(outcome)).toBeInstanceOf(DecodeError);
    }
  });

  it.each(['{}', '', '[]', '{"count":"1"}', '{"count":1,"nextstart":"x"}'])(
    'does not take %j for a count, nor ask for ever',
    async (body) => {
      emulator.faults.push({ status: 200, body });
      expect(await rejection(store.count())).toBeInstanceOf(DecodeError);
    },
  );
});

describe('A writer of a collection', () => {
  it('stores records in order, in batches', async () => {
    const batches: number[] = [];
    {
      await using writer = store.writer({ size: 100, onBatch: ({ count }) => void batches.push(count) });
      for (const record of numbered(250)) await writer.write(record);
      await writer.write({ _key: 'k0', n: 'later' });
    }
    expect(batches.reduce((sum, count) => sum + count, 0)).toBe(251);
    expect(await store.count()).toBe(250);
    expect(await store.get('k0')).toEqual({ n: 'later' });
    expect(requests.filter(({ method }) => method === 'POST').every(({ query }) => query.toString() === '')).toBe(true);
  });

  it('sends one batch at a time, whatever it is told: a later record of a key must not be overtaken', async () => {
    let running = 0;
    let peak = 0;
    const watched = new ScrapyCloud({
      auth: emulator.apiKey,
      fetch: async (request) => {
        peak = Math.max(peak, ++running);
        await new Promise((resolve) => setTimeout(resolve));
        return emulator.fetch(request).finally(() => running--);
      },
    });
    const options = { size: 1, inFlight: 4 };
    const writer = watched.getProject(1).collections.getStore('things').writer(options);
    for (let n = 0; n < 8; n++) await writer.write({ _key: 'x', n });
    await writer.close();
    expect(await store.get('x')).toEqual({ n: 7 });
    expect(peak).toBe(1);
  });

  it('is closed with the client', async () => {
    await store.writer().write({ _key: 'x' });
    await cloud.close();
    cloud = new ScrapyCloud({ auth: emulator.apiKey, fetch: emulator.fetch });
    expect(await cloud.getProject(1).collections.getStore('things').count()).toBe(1);
  });
});
