import fc from 'fast-check';
import type { ReadOptions } from 'tideway';
import { beforeEach, describe, expect, it } from 'vitest';
import { readingOf } from '../helpers/reading.ts';
import { type Reception, type StorageServer, storageServer } from '../helpers/storage-server.ts';
import { untilOver } from '../helpers/until-over.ts';
import { withoutWaits } from '../helpers/without-waits.ts';

let server: StorageServer;
beforeEach(async () => {
  server = untilOver(await storageServer());
  withoutWaits();
});

interface Cut {
  /** Where in the body, as a share of it. */
  readonly at: number;
  readonly how: 'cut' | 'end' | 'drop' | 'refuse';
  readonly gzip: boolean;
}

const cut: fc.Arbitrary<Cut> = fc.record({
  at: fc.double({ min: 0, max: 1, noNaN: true }),
  how: fc.constantFrom('cut', 'cut', 'end', 'end', 'drop', 'refuse'),
  gzip: fc.boolean(),
});

const text = fc.string({ unit: fc.constantFrom('a', 'é', '€', '𝒳', '"', '\\', '\n', '\u2028', '}'), maxLength: 12 });
const job = fc.record({
  numbers: fc.uniqueArray(fc.nat(120), { maxLength: 40 }).map((numbers) => numbers.sort((left, right) => left - right)),
  texts: fc.array(text, { minLength: 41, maxLength: 41 }),
});

const options = fc.record(
  {
    count: fc.nat(45),
    offset: fc.nat(130),
    startAfter: fc.nat(130).map((number) => `1/2/3/${number}`),
    filter: fc.nat(4).map((value) => ['parity', '>=', [value]] as const),
    meta: fc.subarray(['_key', '_ts']),
  },
  { requiredKeys: [] },
);

/** Breaks answers one after the other, then none. */
function breaking(cuts: readonly Cut[]): (request: Reception) => object | undefined {
  let turn = 0;
  return (request) => {
    const next = cuts[turn];
    turn++;
    if (!next) return undefined;
    // The first answer decides whether there is anything to resume.
    if (next.how === 'drop') return turn === 1 ? undefined : { drop: true };
    if (next.how === 'refuse') return turn === 1 ? undefined : { status: 503, body: '' };
    const body = new TextEncoder().encode(server.bodyOf(request.path, request.query.toString()));
    const position = Math.floor(next.at * body.length);
    // A body that ends between two lines, or where a line could end, is a whole body for everybody who reads it.
    const couldEnd = position === 0 || position === body.length || body[position - 1] === 10 || body[position] === 10;
    if (next.how === 'end' && !couldEnd) return { endAfter: position };
    // A compressed body may be cut anywhere: what came of it is still read.
    return next.gzip ? { gzip: true, cutAfter: position >> 1 } : { cutAfter: position };
  };
}

describe('A read that breaks anywhere, and again', () => {
  it.each(['items', 'logs', 'requests', 'samples'] as const)(
    'delivers of %s what the unbroken read delivers',
    async (resource) => {
      await fc.assert(
        fc.asyncProperty(
          job,
          options,
          fc.array(cut, { maxLength: 5 }),
          fc.boolean(),
          async (data, chosen, cuts, batches) => {
            const { meta, ...bounds } = chosen;
            const read: ReadOptions = resource === 'samples' ? { ...bounds, filter: undefined } : { ...bounds, meta };
            server.data.set(
              `${resource}/1/2/3`,
              data.numbers.map((number, index) => ({
                number,
                ts: number,
                data: resource === 'samples' ? [number, index] : { text: data.texts[index], parity: number % 5 },
              })),
            );
            const reading = readingOf(server.cloud({ retry: { attempts: 1 } }).getJob('1/2/3'), resource);
            server.respond = () => undefined;
            const expected = await reading.list(read);
            server.respond = breaking(cuts);
            const records = reading.iter(read);
            const found: unknown[] = [];
            if (batches) for await (const batch of records.batches(7)) found.push(...batch);
            else for await (const record of records) found.push(record);
            expect(found).toEqual(expected);
            expect(records.progress.delivered).toBe(expected.length);
            if (chosen.count !== undefined) expect(found.length).toBeLessThanOrEqual(chosen.count);
            server.requests.length = 0;
          },
        ),
        { numRuns: 120 },
      );
    },
  );
});
