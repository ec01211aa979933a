import fc from 'fast-check';
import { createEmulator } from 'tideway/emulator';
import { expect, test } from 'vitest';
import { basic, jsonLines } from '../helpers/raw-http.ts';

const base = 'https://storage.zyte.com/items/1/1/1';

const write = fc.record({
  start: fc.option(fc.nat(60), { nil: undefined }),
  lengths: fc.array(fc.oneof(fc.nat(20), fc.constant(30_000)), { minLength: 1, maxLength: 12 }),
});

test('any sequence of writes reads back as the last value of every index, in order', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(write, { maxLength: 10 }), fc.nat(70), fc.nat(10), async (writes, from, count) => {
      const emulator = createEmulator({ projects: [1] });
      const headers = { authorization: basic(emulator.apiKey) };
      const model = new Map<number, object>();
      for (const [batch, { start, lengths }] of writes.entries()) {
        const records = lengths.map((length, position) => ({ batch, position, text: 'x'.repeat(length) }));
        const body = records.map((record) => JSON.stringify(record)).join('\n');
        const first = start ?? Math.max(-1, ...model.keys()) + 1;
        await emulator.fetch(start === undefined ? base : `${base}?start=${start}`, { method: 'POST', headers, body });
        for (const [position, record] of records.entries()) model.set(first + position, record);
      }
      const sorted = [...model].sort(([left], [right]) => left - right);
      const expected = sorted.map(([index, record]) => ({ ...record, _key: `1/1/1/${index}` }));
      const read = async (query: string) =>
        jsonLines(await (await emulator.fetch(`${base}?meta=_key${query}`, { headers })).text());
      expect(await read('')).toEqual(expected);
      const beginning = sorted.findIndex(([index]) => index >= from);
      const ranged = beginning < 0 ? [] : expected.slice(beginning, beginning + count);
      expect(await read(`&start=1/1/1/${from}&count=${count}`)).toEqual(ranged);
      const stats = await (await emulator.fetch(`${base}/stats`, { headers })).json();
      expect(stats.totals.input_values).toBe(model.size);
      expect(stats.counts.text ?? 0).toBe(model.size);
    }),
    { numRuns: 60 },
  );
});
