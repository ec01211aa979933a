import type { Awaitable } from './awaitable.ts';

/** What a {@link StateCounter} says. */
export interface CounterReading {
  /** `started` while any tide runs on the counter. */
  readonly state: 'started' | 'stopped';
  /** Records delivered since the first of the tides that run now began; when none runs, in the last run. */
  readonly count: number;
  /** Records delivered in all runs, that which is under way included. */
  readonly total: number;
}

/**
 * Counts what tides deliver, and is their off switch; several tides, and several processes, may share one. Its methods
 * answer at once or with a promise.
 */
export interface StateCounter {
  /** How things stand. */
  read(): Awaitable<CounterReading>;
  /**
   * A tide begins. The first one to run begins a new run of the counter: its `count` is 0. Answers with a function that
   * tells of this tide's end, which ends no other tide; calling it twice is as good as once.
   *
   * `pending` tells how many records that tide has delivered which are not incremented yet: a counter in the same
   * process adds them to what it reads, others do not need it. They are incremented soon, and when the tide ends.
   */
  start(pending?: () => number): Awaitable<() => Awaitable<void>>;
  /** Ends all tides that run on the counter. The state is `stopped` at once, and no increment undoes it. */
  stop(): Awaitable<void>;
  /** Counts `n` records (1 without a number) and answers with the new `count`. Never changes the state. */
  increment(n?: number): Awaitable<number>;
  /** `count` and `total` are 0 again; the state stays, and no tide ends. */
  clear(): Awaitable<void>;
  /** Calls the listener at each `stop`, until the function that it answers with is called. */
  onStop(listener: () => void): Awaitable<() => void>;
}
