import { checkInteger, expected } from '../errors/index.ts';

/** Which records are kept. */
export type SampleOptions =
  | {
      /** The first of so many, again and again. */
      readonly every: number;
    }
  | {
      /** Each with this chance, above 0 up to 1. */
      readonly chance: number;
    };

/**
 * Some of the records. All of them are read, delivered and counted.
 *
 * @throws ConfigurationError for options that cannot work.
 */
export function sample<T>(records: AsyncIterable<T>, options: SampleOptions): AsyncGenerator<T, void> {
  if ('every' in options) checkInteger('every', options.every, 1);
  else if (!(options.chance > 0 && options.chance <= 1)) {
    expected('`chance` to be above 0 and at most 1, or `every` to be a number of records', options.chance);
  }
  const iterator = records[Symbol.asyncIterator]();
  const picked = pick({ [Symbol.asyncIterator]: () => iterator }, options);
  const leave = picked.return.bind(picked);
  // A generator by itself would wait for the record under way before it ends.
  picked.return = async (value) => {
    await iterator.return?.();
    return leave(value);
  };
  return picked;
}

async function* pick<T>(records: AsyncIterable<T>, options: SampleOptions): AsyncGenerator<T, void> {
  let n = 0;
  for await (const record of records) {
    if ('every' in options ? n++ % options.every === 0 : Math.random() < options.chance) yield record;
  }
}
