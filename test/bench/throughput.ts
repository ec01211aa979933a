import { type ContestantName, loadContestants, type Sight, type Target } from './contestants.ts';

/** What the process of a contestant is told at its start. */
export interface ThroughputOrder extends Omit<Target, 'onFirst' | 'count'> {
  readonly contestant: ContestantName;
}

/** What a contestant did in one read. */
export type ThroughputResult = Sight & { readonly time: number };

// One contestant in a process of its own, as in a program that uses nothing else: what others leave on the heap
// decides how large V8 makes its young generation, and that decides how often it collects garbage.
const { contestant, ...target } = JSON.parse(process.argv[2] ?? '{}') as ThroughputOrder;
const read = (await loadContestants(target.origin))[contestant];

/** Reads once. */
async function measure(): Promise<ThroughputResult> {
  const started = performance.now();
  const sight = await read(target);
  return { time: performance.now() - started, ...sight };
}

process.on('message', async () => process.send?.(await measure()));
process.send?.('ready');
