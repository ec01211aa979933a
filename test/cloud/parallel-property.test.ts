import fc from 'fast-check';
import type { ReadOptions } from 'tideway';
import { beforeEach, describe, expect, it } from 'vitest';
import { type StorageServer, storageServer } from '../helpers/storage-server.ts';
import { untilOver } from '../helpers/until-over.ts';
import { withoutWaits } from '../helpers/without-waits.ts';

let server: StorageServer;
beforeEach(async () => {
  server = untilOver(await storageServer());
  withoutWaits();
});

const bounds = fc.oneof(
  fc.record({ count: fc.nat(60), offset: fc.nat(140) }, { requiredKeys: [] }),
  fc.record({ count: fc.nat(60), start: fc.nat(140).map((number) => `1/2/3/${number}`) }, { requiredKeys: ['start'] }),
  fc.record(
    { count: fc.nat(60), startAfter: fc.nat(140).map((number) => `1/2/3/${number}`), offset: fc.nat(140) },
    { requiredKeys: ['startAfter'] },
  ),
);

describe('A parallel read of ranges that break anywhere', () => {
  it('delivers what an unbroken single read delivers', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.uniqueArray(fc.nat(120), { maxLength: 60 }),
        bounds,
        fc.integer({ min: 2, max: 6 }),
        fc.array(fc.option(fc.nat(1500), { nil: undefined }), { maxLength: 12 }),
        // The server may count records that were deleted, or not yet count some.
        fc.integer({ min: -5, max: 5 }),
        async (numbers, options: ReadOptions, parallel, cuts, miscount) => {
          numbers.sort((left, right) => left - right);
          server.data.set(
            'items/1/2/3',
            numbers.map((number) => ({ number, data: { x: number, text: '€'.repeat(number % 30) } })),
          );
          const { items } = server.cloud().getJob('1/2/3');
          server.respond = () => undefined;
          const expected = await items.list(options);
          let turn = 0;
          server.respond = ({ path }) => {
            if (path.endsWith('stats')) {
              const totals = { input_values: Math.max(0, numbers.length + miscount), input_bytes: 5000 };
              return { body: JSON.stringify({ counts: {}, totals }) };
            }
            const cutAfter = cuts[turn++];
            return cutAfter === undefined ? undefined : { cutAfter };
          };
          // At most five cuts in a row can meet one range.
          fc.pre(cuts.filter((cut) => cut !== undefined).length <= 5);
          const records = items.iter({ ...options, parallel });
          expect(await records.toArray()).toEqual(expected);
          expect(records.progress.delivered).toBe(expected.length);
          server.requests.length = 0;
        },
      ),
      { numRuns: 150 },
    );
  });
});
