import { checkDuration, checkInteger } from '../errors/index.ts';

/** When a batch is complete. */
export interface BatchesOptions {
  /** Records in a batch. @default 1_000 */
  readonly size?: number;
  /** The longest that a record waits for its batch to be full, in milliseconds. No limit by default. */
  readonly interval?: number;
}

/**
 * Records in arrays: full, or as old as `interval`; the last one may be shorter. `Records.batches` knows no time.
 *
 * @throws ConfigurationError for options that cannot work.
 */
export function batches<T>(records: AsyncIterable<T>, options: BatchesOptions = {}): AsyncGenerator<T[], void> {
  const { interval = Number.POSITIVE_INFINITY, size = 1_000 } = options;
  checkInteger('size', size, 1);
  checkDuration('interval', interval);
  const iterator = records[Symbol.asyncIterator]();
  const made = gather(iterator, size, interval);
  const leave = made.return.bind(made);
  // A generator by itself would wait for the record under way before it ends.
  made.return = async (value) => {
    await iterator.return?.();
    return leave(value);
  };
  return made;
}

async function* gather<T>(iterator: AsyncIterator<T>, size: number, interval: number): AsyncGenerator<T[], void> {
  /** The record that is waited for; it may belong to a later batch. */
  let next: Promise<IteratorResult<T>> | undefined;
  let end: { readonly error?: unknown } | undefined;
  try {
    while (!end) {
      const batch: T[] = [];
      let timer: ReturnType<typeof setTimeout> | undefined;
      let up: Promise<undefined> | undefined;
      while (!end && batch.length < size) {
        try {
          next ??= iterator.next();
          const result = await (up ? Promise.race([next, up]) : next);
          if (!result) break;
          next = undefined;
          if (result.done) end = {};
          else batch.push(result.value);
        } catch (error) {
          // The records before it come first.
          end = { error };
        }
        if (batch.length === 1 && !up && interval < Number.POSITIVE_INFINITY) {
          up = new Promise((resolve) => {
            timer = setTimeout(resolve, interval, undefined);
          });
        }
      }
      clearTimeout(timer);
      if (batch.length > 0) yield batch;
    }
    if ('error' in end) throw end.error;
  } finally {
    await iterator.return?.();
  }
}
