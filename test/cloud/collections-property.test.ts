import fc from 'fast-check';
import { type Collection, ScrapyCloud } from 'tideway';
import { createEmulator, type Emulator } from 'tideway/emulator';
import { beforeEach, describe, expect, it } from 'vitest';
import { untilOver } from '../helpers/until-over.ts';
import { withoutWaits } from '../helpers/without-waits.ts';

let emulator: Emulator;
let store: Collection;
beforeEach(() => {
  emulator = untilOver(createEmulator({ projects: [1], countScanLimit: 3 }));
  store = new ScrapyCloud({ auth: emulator.apiKey, fetch: emulator.fetch }).getProject(1).collections.getStore('model');
  withoutWaits();
});

/** Few enough that operations meet, and those whose order differs between bytes and units of UTF-16. */
const key = fc.string({
  unit: fc.constantFrom('a', 'b', '/', '.', '"', '\\', 'é', '\uffee', '𝒳'),
  minLength: 1,
  maxLength: 3,
});
const keys = fc.array(key, { maxLength: 6 });
const record = fc.record({ _key: key, n: fc.nat(9) });

const operation = fc.oneof(
  fc.record({ set: fc.oneof(record, fc.array(record, { maxLength: 6 })) }),
  fc.record({ remove: fc.oneof(key, keys) }),
  fc.record({ get: key }),
  fc.record({ getMany: keys }),
  fc.record({
    read: fc.record(
      {
        count: fc.nat(8),
        start: key,
        startAfter: key,
        select: fc.oneof(
          fc.record({ key: fc.oneof(key, keys) }),
          fc.record({ prefix: fc.oneof(key, keys) }),
          fc.record({ prefix: fc.oneof(key, keys), prefixCount: fc.nat(3) }),
        ),
      },
      { requiredKeys: [] },
    ),
    /** Where each of the first answers breaks. */
    cuts: fc.array(fc.nat(4), { maxLength: 3 }),
  }),
);

function byBytes(left: string, right: string): number {
  return Buffer.compare(Buffer.from(left), Buffer.from(right));
}

interface Selection {
  readonly key?: string | string[];
  readonly prefix?: string | string[];
  readonly prefixCount?: number;
}

function selected(model: ReadonlyMap<string, number>, select: Selection, start: string, after: string | undefined) {
  const { key: wanted, prefix, prefixCount = Number.POSITIVE_INFINITY } = select;
  const prefixes = [prefix ?? []].flat();
  const found = [...model.keys()].sort(byBytes).filter((one) => {
    if (wanted !== undefined && ![wanted].flat().includes(one)) return false;
    return byBytes(one, start) >= 0 && (after === undefined || byBytes(one, after) > 0);
  });
  // A prefix of another one selects what that one does.
  const shortest = prefixes.filter((one) => !prefixes.some((other) => other !== one && one.startsWith(other)));
  const groups = [...new Set(shortest)].map((text) => found.filter((one) => one.startsWith(text)));
  const chosen = prefix === undefined ? found : groups.flatMap((group) => group.slice(0, prefixCount)).sort(byBytes);
  return chosen.map((one) => ({ _key: one, n: model.get(one) }));
}

describe('Whatever is done to a collection', () => {
  it('it agrees with a map that is sorted by bytes', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(operation, { maxLength: 12 }), async (operations) => {
        await store.truncate();
        const model = new Map<string, number>();
        for (const step of operations) {
          if ('set' in step) {
            await store.set(step.set);
            for (const { _key, n } of [step.set].flat()) model.set(_key, n);
          } else if ('remove' in step) {
            await store.delete(step.remove);
            for (const one of [step.remove].flat()) model.delete(one);
          } else if ('get' in step) {
            const n = model.get(step.get);
            const got = await store.get(step.get).catch(({ code }) => code);
            expect(got).toEqual(n === undefined ? 'ERR_NOT_FOUND' : { n });
          } else if ('getMany' in step) {
            const found = [...new Set(step.getMany)].filter((one) => model.has(one));
            expect(await store.getMany(step.getMany)).toEqual(
              new Map(found.map((one) => [one, { n: model.get(one) }])),
            );
          } else {
            const { count, select = {}, start = '', startAfter } = step.read;
            // A server that is given both takes one of them: a program gives one.
            const from = startAfter === undefined && start !== '' ? { start } : {};
            const options = { ...select, ...from, ...(startAfter !== undefined && { startAfter }) };
            const all = selected(model, select, startAfter === undefined ? start : '', startAfter);
            expect(await store.count(options)).toBe(all.length);
            const path = /\/model$/;
            emulator.faults.splice(0, 9, ...step.cuts.map((at) => ({ path, times: 1, cutAfterRecords: at })));
            const records = store.iter({ ...options, ...(count !== undefined && { count }) });
            expect(await records.toArray()).toEqual(all.slice(0, count));
            emulator.faults.length = 0;
          }
        }
        expect(await store.list()).toEqual(selected(model, {}, '', undefined));
        expect(await store.count()).toBe(model.size);
      }),
      { numRuns: 150 },
    );
  }, 60_000);
});
