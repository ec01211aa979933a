import { type ContestantName, loadContestants, type Target } from './contestants.ts';

/** What the process whose memory is measured is told. */
export interface MemoryOrder extends Omit<Target, 'onFirst' | 'count'> {
  readonly contestant: ContestantName;
  /** The records of the read that comes before, so that what is loaded and compiled once is not counted. */
  readonly warmUp: number;
}

/** Bytes. */
export interface MemoryResult {
  /** The most that the process held at any time. */
  readonly peak: number;
  /** By how much that is more than it held after the first, short read. */
  readonly growth: number;
}

/** The peak of the resident memory is the system's own, so that nothing between two samples is missed. */
async function measure({ contestant, warmUp, ...target }: MemoryOrder): Promise<MemoryResult> {
  const read = (await loadContestants(target.origin))[contestant];
  await read({ ...target, times: 1, count: warmUp });
  const before = process.memoryUsage.rss();
  await read(target);
  const peak = process.resourceUsage().maxRSS * 1024;
  return { peak, growth: peak - before };
}

process.send?.(await measure(JSON.parse(process.argv[2] ?? '{}') as MemoryOrder));
process.disconnect();
