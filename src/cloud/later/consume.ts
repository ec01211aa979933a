import type { CallOptions, Path, Scope } from '../../http/index.ts';
import type { QueueBatch } from '../frontier-types.ts';
import type { BatchHandler, ConsumeOptions, ConsumeResult, QueueReadOptions } from '../queue-options.ts';
import type { CommandNeeds } from './command-needs.ts';
import { POLL_INTERVAL } from './poll-interval.ts';

/** The upper bound of the wait before a batch is tried again, in milliseconds; it doubles each time. */
const FIRST_REPETITION = 200;

/** The most failures that are kept with their errors. */
const MAX_FAILURES = 1_000;
/** How many of the batches deleted last are remembered, for answers that show them still. */
const MAX_REMEMBERED = 10_000;
/** How often the deletion of a batch is tried, each time with the tries of the connection. */
const DELETIONS = 3;

/** The queue that is consumed. */
export interface Consumed {
  readonly path: Path;
  /** The first batches, until there are so many requests. */
  readonly read: (options: QueueReadOptions) => Promise<QueueBatch[]>;
  readonly remove: (id: string, options: CallOptions) => Promise<void>;
}

/** Hands over the batches of a queue, and deletes those that were handled. */
export async function consume(
  needs: CommandNeeds,
  queue: Consumed,
  handler: BatchHandler,
  options: ConsumeOptions,
): Promise<ConsumeResult> {
  const { attempts = 3, concurrency = 1, deadline, follow, minCount = 1_000, signal, ...call } = options;
  const { checkDuration, checkInteger, connection, expected } = needs;
  if (typeof handler !== 'function') expected('`handler` to be a function', handler);
  for (const [name, value] of Object.entries({ attempts, concurrency, minCount })) checkInteger(name, value, 1);
  const { interval = POLL_INTERVAL } = typeof follow === 'object' ? follow : {};
  checkDuration('follow.interval', interval);
  const scope = connection.scope(`Consuming ${queue.path}`, { deadline, signal });
  try {
    return await handOver(needs, queue, scope, {
      handler,
      attempts,
      concurrency,
      minCount,
      call,
      interval: follow ? interval : undefined,
    });
  } finally {
    scope.abort();
  }
}

/** How a queue is consumed, checked. */
interface Consumption {
  readonly handler: BatchHandler;
  readonly attempts: number;
  readonly concurrency: number;
  readonly minCount: number;
  readonly call: CallOptions;
  /** The wait between two looks at an empty queue, in milliseconds; undefined: it is looked at no more. */
  readonly interval: number | undefined;
}

async function handOver(
  { backoff, isTransient, sleep }: CommandNeeds,
  { read, remove }: Consumed,
  scope: Scope,
  { attempts, call, concurrency, handler, interval, minCount }: Consumption,
): Promise<ConsumeResult> {
  const { signal } = scope;
  const pause = (milliseconds: number): Promise<void> => sleep(milliseconds, signal);
  const backOff = (repetition: number): Promise<void> => pause(backoff(repetition, FIRST_REPETITION));
  const failures: { id: string; error: unknown }[] = [];
  const result = { handled: 0, failed: 0, failures };
  /** Batches that are in the queue still and not to be handed over again: at work, or failed. With their requests. */
  const held = new Map<string, number>();
  const deleted = new Set<string>();
  const running = new Set<Promise<void>>();
  let broken: { readonly error: unknown } | undefined;

  /** Whether the handler resolved. */
  const handle = async (batch: QueueBatch, id: string): Promise<boolean> => {
    for (let attempt = 1; ; attempt++) {
      try {
        await handler(batch, { signal });
        return true;
      } catch (error) {
        if (attempt === attempts) {
          result.failed++;
          if (failures.length < MAX_FAILURES) failures.push({ id, error });
          return false;
        }
        await backOff(attempt);
      }
    }
  };

  const work = async (batch: QueueBatch): Promise<void> => {
    const { id } = batch;
    if (!(await handle(batch, id))) return;
    for (let attempt = 1; ; attempt++) {
      try {
        // What was handled is deleted also when nobody waits for it any more.
        await remove(id, call);
        break;
      } catch (error) {
        if (attempt === DELETIONS || !isTransient(error)) throw error;
        await backOff(attempt);
      }
    }
    result.handled++;
    deleted.add(id);
    if (deleted.size > MAX_REMEMBERED) deleted.delete(deleted.values().next().value as string);
    held.delete(id);
  };

  const begin = (batch: QueueBatch): void => {
    held.set(batch.id, batch.requests.length);
    const run = work(batch).catch((error) => {
      broken ??= { error };
    });
    running.add(run);
    run.finally(() => running.delete(run));
  };

  /** How much more than usual is asked for: what is at the head of the queue may hide what is behind. */
  let more = 0;
  try {
    while (!broken) {
      // What is at work may add to the queue behind the back of this look.
      const isIdle = running.size === 0;
      const asked = [...held.values()].reduce((sum, requests) => sum + requests, minCount + more);
      const batches = await read({ ...call, minCount: asked, signal });
      const found = batches.reduce((sum, { requests }) => sum + requests.length, 0);
      const fresh = batches.filter(({ id }) => !held.has(id) && !deleted.has(id));
      for (const batch of fresh) {
        while (running.size >= concurrency) await scope.race(Promise.race(running));
        if (broken) break;
        begin(batch);
      }
      if (fresh.length > 0) more = 0;
      else if (found >= asked) more += asked;
      else if (isIdle && interval === undefined) return result;
      else if (running.size > 0 || interval !== undefined) {
        await scope.race(Promise.race([...running, ...(interval === undefined ? [] : [pause(interval)])]));
      }
    }
  } catch (error) {
    broken ??= { error };
  }
  // What is at work may still be deleted; an abort does not wait for it.
  await scope.race(Promise.all(running));
  throw broken.error;
}
