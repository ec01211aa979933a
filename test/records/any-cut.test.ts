import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bytesOf, cutAt, decode, singly } from '../helpers/decoding.ts';

const value = fc.jsonValue({ stringUnit: 'binary', maxDepth: 4 });
const newline = fc.constantFrom('\n', '\r\n', '\n\n', '\r\n\n', '\n \t\r\n', '\n\r\n');

/** Text of records, and what it holds. */
const document = fc
  .record({
    lines: fc.array(fc.tuple(value, newline), { maxLength: 20 }),
    mark: fc.boolean(),
    last: fc.option(value, { nil: undefined }),
  })
  .map(({ last, lines, mark }) => {
    const text = lines.map(([record, end]) => JSON.stringify(record) + end).join('');
    const texts = [...lines.map(([record]) => record), ...(last === undefined ? [] : [last])].map((record) =>
      JSON.stringify(record),
    );
    return { texts, bytes: bytesOf((mark ? '\uFEFF' : '') + text + (last === undefined ? '' : JSON.stringify(last))) };
  });

describe('Any way of cutting the bytes', () => {
  it('yields the same records', async () => {
    await fc.assert(
      fc.asyncProperty(document, fc.array(fc.nat(2000), { maxLength: 30 }), async ({ bytes, texts }, offsets) => {
        const { failure, lines, records } = await decode(cutAt(bytes, offsets));
        expect(failure).toBeUndefined();
        // As text: -0 and the order of fields count, too.
        expect(records.map((record) => JSON.stringify(record))).toEqual(texts);
        expect(lines).toHaveLength(texts.length);
      }),
      { numRuns: 500 },
    );
  });

  it('yields the same records also when every byte comes alone', async () => {
    await fc.assert(
      fc.asyncProperty(document, async ({ bytes, texts }) => {
        const { failure, records } = await decode(singly(bytes));
        expect(failure).toBeUndefined();
        expect(records.map((record) => JSON.stringify(record))).toEqual(texts);
      }),
      { numRuns: 100 },
    );
  });

  it('finds the same failure, behind the same records', async () => {
    const damage = fc.record({ at: fc.nat(), byte: fc.integer({ min: 0, max: 255 }) });
    await fc.assert(
      fc.asyncProperty(document, damage, fc.array(fc.nat(2000)), async ({ bytes }, { at, byte }, offsets) => {
        fc.pre(bytes.length > 0);
        const damaged = bytes.slice();
        damaged[at % bytes.length] = byte;
        const whole = await decode([damaged]);
        const cut = await decode(cutAt(damaged, offsets));
        expect(cut.records).toEqual(whole.records);
        expect(cut.failure?.message).toBe(whole.failure?.message);
      }),
      { numRuns: 500 },
    );
  });
});
