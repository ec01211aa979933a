import { type ContestantName, loadContestants, type Target } from './contestants.ts';

/** What the process is told that waits for a record. */
export interface FirstRecordOrder extends Omit<Target, 'onFirst'> {
  readonly contestant: ContestantName;
}

// A process that has done nothing before: how long a program waits that is started to read. The clock is the one that
// all processes of the machine share.
const { contestant, ...target } = JSON.parse(process.argv[2] ?? '{}') as FirstRecordOrder;
const contestants = await loadContestants(target.origin);
await contestants[contestant]({
  ...target,
  onFirst: () => {
    const now = process.hrtime.bigint();
    process.send?.(String(now), () => process.exit());
  },
});
