import { memoryCache, type StoredHead } from 'tideway/cache';
import { describe, expect, it } from 'vitest';
import { responseCacheCases } from '../contracts/response-cache.ts';
import { thrown } from '../helpers/rejection.ts';

const head: StoredHead = { status: 200, statusText: '', headers: [], storedAt: 0, keepUntil: 2 ** 53 };

function bodyOf(length: number): ReadableStream<Uint8Array<ArrayBuffer>> {
  return new Blob([new Uint8Array(length)]).stream() as ReadableStream<Uint8Array<ArrayBuffer>>;
}

describe('memoryCache, as every cache', () => {
  it.each(Object.entries(responseCacheCases))('%s', async (_, run) => {
    await expect(run(memoryCache)).resolves.toBeUndefined();
  });
});

describe('memoryCache', () => {
  it('forgets what was not used for the longest time when there are too many', async () => {
    const cache = memoryCache({ maxEntries: 3 });
    for (const key of ['a', 'b', 'c']) await cache.put(key, head, bodyOf(1));
    await cache.get('a');
    await cache.put('d', head, bodyOf(1));
    const kept = await Promise.all(['a', 'b', 'c', 'd'].map(async (key) => (await cache.get(key)) !== undefined));
    expect(kept).toEqual([true, false, true, true]);
    expect(cache.size.entries).toBe(3);
  });

  it('forgets as many as must be when they take too many bytes', async () => {
    const cache = memoryCache({ maxBytes: 100_000 });
    for (let n = 0; n < 9; n++) await cache.put(`${n}`, head, bodyOf(10_000));
    await cache.put('big', head, bodyOf(70_000));
    expect(cache.size.bytes).toBeLessThanOrEqual(100_000);
    expect(await cache.get('big')).toBeDefined();
    expect(await cache.get('8')).toBeDefined();
    expect(await cache.get('6')).toBeUndefined();
  });

  it('counts headers and keys, and stores nothing that alone is too much', async () => {
    const cache = memoryCache({ maxBytes: 10_000 });
    await cache.put('a', { ...head, headers: [['x', 'y'.repeat(6000)]] }, bodyOf(0));
    await cache.put('b'.repeat(6000), head, bodyOf(0));
    await cache.put('c', head, bodyOf(10_000));
    expect(cache.size).toEqual({ entries: 0, bytes: 0 });
    await cache.put('d', head, bodyOf(100));
    expect(cache.size.entries).toBe(1);
    expect(cache.size.bytes).toBeGreaterThan(100);
    await cache.delete('d');
    expect(cache.size).toEqual({ entries: 0, bytes: 0 });
  });

  it('stays within its bounds whatever is stored', async () => {
    const cache = memoryCache({ maxEntries: 50, maxBytes: 200_000 });
    let worst = { entries: 0, bytes: 0 };
    for (let n = 0; n < 500; n++) {
      await cache.put(`${n % 90}`, head, bodyOf((n * 7919) % 20_000));
      if (n % 7 === 0) await cache.delete(`${(n * 3) % 90}`);
      const { bytes, entries } = cache.size;
      worst = { entries: Math.max(worst.entries, entries), bytes: Math.max(worst.bytes, bytes) };
    }
    expect(worst.entries).toBeLessThanOrEqual(50);
    expect(worst.bytes).toBeLessThanOrEqual(200_000);
    await cache.clear();
    expect(cache.size).toEqual({ entries: 0, bytes: 0 });
  });

  it.each([
    [{ ttl: 0 }, 'Expected `ttl` to be milliseconds from above 0 to 2147483647, got `0` (number)'],
    [{ ttl: '5' }, 'Expected `ttl` to be milliseconds from above 0 to 2147483647, got `5`'],
    [{ maxEntries: 0 }, 'Expected `maxEntries` to be an integer from 1 and up, got `0` (number)'],
    [{ maxBytes: 1.5 }, 'Expected `maxBytes` to be an integer from 1 and up, got `1.5` (number)'],
    [{ maxEntryBytes: -1 }, 'Expected `maxEntryBytes` to be an integer from 1 and up, got `-1` (number)'],
    [{ policy: 'rfc' }, "Expected `policy` to be 'ttl' or 'http', got `rfc`"],
    [{ statuses: [99] }, 'Expected `statuses` to be a list of integers from 200 to 599, got array'],
    [{ statuses: 200 }, 'Expected `statuses` to be a list of integers from 200 to 599, got `200` (number)'],
    [{ storeCredentialed: 1 }, 'Expected `storeCredentialed` to be a boolean, got `1` (number)'],
    [{ credentialHeaders: ['x y'] }, 'Expected `credentialHeaders` to be a list of names of headers, got array'],
    [{ clock: 5 }, 'Expected `clock` to be of type function, got `5` (number)'],
    [{ onError: 'log' }, 'Expected `onError` to be of type function, got `log`'],
    [null, 'Expected the options of a cache to be an object, got null'],
  ])('refuses %j', (options, message) => {
    expect(thrown(() => memoryCache(options as never))).toMatchObject({ code: 'ERR_CONFIGURATION', message });
  });
});
