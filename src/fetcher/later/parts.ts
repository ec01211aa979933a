import type { Alarm } from '../alarm.ts';
import type { Limiter } from '../limiter.ts';
import type { Needs } from './needs.ts';
import type { RetryBudget } from './retry-budget.ts';
import type { Watch } from './watch.ts';

/** What the requests of a fetcher share of the code that is loaded later. */
export interface Parts {
  readonly needs: Needs;
  readonly alarm: Alarm;
  readonly watch: Watch;
  /** Made when something fails for the first time: before, no origin has spent any. */
  budget: RetryBudget | undefined;
  /** The limiter, which there is from now on at the latest. */
  limit(): Limiter;
}
