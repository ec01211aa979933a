import type { BenchOptions } from './options.ts';
import type { Report } from './report.ts';

/** What each part of the benchmark is given. */
export interface Bench {
  readonly options: BenchOptions;
  readonly report: Report;
}
