import type { Awaitable } from './awaitable.ts';
import type { TideState } from './options.ts';
import type { RecordQueue } from './record-queue.ts';

/** How long a queue may take for a record before the tide is said to wait for it, in milliseconds. */
const WAITING_AFTER = 10;

/** What the filling of a queue needs of a run. */
export interface Filled {
  readonly signal: AbortSignal;
  delivered: () => number;
  putting: Awaitable<unknown>;
  tell(state: TideState): void;
  fail(error: unknown): void;
}

/** Puts the records of a run into a queue. One is delivered when the queue has taken it. */
export async function fill<T>(run: Filled, records: AsyncIterable<T>, queue: RecordQueue<T>): Promise<void> {
  const { signal } = run;
  let put = 0;
  let isWaiting = false;
  let timer: ReturnType<typeof setTimeout> | undefined;
  // One timer at a time, not one a record: what it finds is what was there when it was set, or it is set again.
  const watch = (putting: unknown): void => {
    timer = setTimeout(() => {
      timer = undefined;
      if (!run.putting) return;
      if (run.putting !== putting) return watch(run.putting);
      isWaiting = true;
      run.tell('waiting');
    }, WAITING_AFTER);
  };
  run.delivered = () => put;
  for await (const record of records) {
    try {
      const putting = queue.put(record, { signal });
      // Of whatever library or realm the promise is.
      if (typeof putting?.then === 'function') {
        // Before it is known whether the record is in the queue, the run is not over.
        const counted = Promise.resolve(putting).then(() => void put++);
        run.putting = counted.catch(() => {});
        if (!timer) watch(run.putting);
        await counted;
      } else put++;
    } catch (error) {
      // Of a run that was ended meanwhile it is how the queue gave up.
      run.fail(error);
      break;
    } finally {
      run.putting = undefined;
    }
    if (isWaiting) {
      isWaiting = false;
      run.tell('open');
    }
  }
  clearTimeout(timer);
}
