import { checkInteger } from '../errors/index.ts';
import type { CounterReading, StateCounter } from './state-counter.ts';
import { tellAll } from './tell-all.ts';

/** A counter for the tides of one process, exact at any time: it answers at once. */
export interface MemoryCounter extends StateCounter {
  read(): CounterReading;
  start(pending?: () => number): () => void;
  stop(): void;
  increment(n?: number): number;
  clear(): void;
  onStop(listener: () => void): () => void;
}

/** A {@link StateCounter} in the memory of this process. */
export function memoryCounter(): MemoryCounter {
  const listeners = new Set<{ readonly listener: () => void }>();
  /** What the tides that run have delivered and not incremented. */
  const running = new Set<() => number>();
  let count = 0;
  let total = 0;
  const pending = (): number => {
    let sum = 0;
    for (const one of running) sum += one();
    return sum;
  };
  return {
    read() {
      const open = pending();
      return { state: running.size > 0 ? 'started' : 'stopped', count: count + open, total: total + open };
    },
    start(own = () => 0) {
      if (running.size === 0) count = 0;
      // A function of its own: two tides may hand over the same one.
      const one = (): number => own();
      running.add(one);
      return () => void running.delete(one);
    },
    stop() {
      // They count what is open before they end, and the state is not theirs any more.
      const ended = [...running];
      try {
        tellAll(listeners);
      } finally {
        for (const one of ended) running.delete(one);
      }
    },
    increment(n = 1) {
      checkInteger('n', n, 0);
      total += n;
      count += n;
      return count + pending();
    },
    clear() {
      const open = pending();
      // What is open now is incremented later, and is cleared all the same.
      count = -open;
      total = -open;
    },
    onStop(listener) {
      const one = { listener };
      listeners.add(one);
      return () => void listeners.delete(one);
    },
  };
}
