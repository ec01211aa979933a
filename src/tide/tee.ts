import { checkType, expected } from '../errors/index.ts';
import type { Awaitable } from './awaitable.ts';
import type { RecordLease, RecordQueue } from './record-queue.ts';

type PutOptions = Parameters<RecordQueue<unknown>['put']>[1];
type LeaseOptions = Parameters<RecordQueue<unknown>['lease']>[0];

/**
 * A queue that puts every record into several others, each of which has consumers of its own. `put` waits until all
 * have taken it: the slowest sets the pace, unless it drops records. Consumers take from the others, not from this one,
 * where taking takes from the first.
 *
 * @throws ConfigurationError without a queue.
 */
export function tee<T>(...queues: readonly RecordQueue<T>[]): RecordQueue<T> {
  const [first] = queues;
  if (!first) expected('at least one queue', first);
  for (const queue of queues) checkType('queue', queue, 'object');
  const all = (step: (queue: RecordQueue<T>) => Awaitable<unknown>): Awaitable<void> => {
    const results = queues.map((queue) => begin(() => step(queue)));
    // One that fails hinders no other, and is not told of later since another one waits.
    if (results.some((result) => result instanceof Promise)) return Promise.all(results).then(() => {});
  };
  return {
    put: (record: T, options?: PutOptions) => all((queue) => queue.put(record, options)),
    take: (options): Awaitable<T | undefined> => first.take(options),
    lease: (options?: LeaseOptions): Awaitable<RecordLease<T> | undefined> => first.lease(options),
    size: () => first.size(),
    clear: () => all((queue) => queue.clear()),
    close: () => all((queue) => queue.close()),
    [Symbol.asyncIterator]: () => first[Symbol.asyncIterator](),
  };
}

/** Begins a step; what it throws is a rejection. */
function begin(step: () => Awaitable<unknown>): Awaitable<unknown> {
  try {
    const result = step();
    // Of whatever library or realm the promise is.
    return typeof (result as Partial<Promise<unknown>> | undefined)?.then === 'function'
      ? Promise.resolve(result)
      : result;
  } catch (error) {
    return Promise.reject(error);
  }
}
