import type { Alarm } from '../alarm.ts';
import type { Limiter } from '../limiter.ts';
import type { Trip } from '../trip.ts';
import type { RetryBudget } from './retry-budget.ts';
import type { RetryRules } from './retry-rules.ts';
import type { Watch } from './watch.ts';

/** What the requests of a fetcher share of the code that is loaded later. */
export interface Parts {
  readonly alarm: Alarm;
  readonly watch: Watch;
  /** Made when something fails for the first time: before, no origin has spent any. */
  budget: RetryBudget | undefined;
  /** How often and how long it is tried. */
  rulesOf(trip: Trip): RetryRules;
  /** The limiter, which there is from now on at the latest. */
  limit(): Limiter;
}
