import type { Batch, RecordSource } from '../records/index.ts';
import type { JobSummary } from './wire.ts';

/** The most jobs that the server lists at once. */
const PAGE = 1000;
/** By how many jobs a page reaches back into the one before. Doubled while none of them is seen again. */
const OVERLAP = 20;
/** How often the start of the list is looked at again for jobs that changed while the rest was read. */
const LAST_LOOKS = 3;

/** What {@link JobPages} reads. */
export interface JobPagesOptions {
  /** A page of the list, newest change first: so many jobs, after so many others. */
  readonly page: (start: number, count: number) => Promise<JobSummary[]>;
  /** How many jobs to pass over. */
  readonly start: number;
  readonly count: number;
  readonly close: (reason: unknown) => void;
}

/**
 * Reads a list that has no keys to go on behind, page by page, while jobs arrive, change and disappear.
 *
 * The list is ordered by the time of the last change. What arrives pushes the rest down: jobs seen already are passed
 * over. What disappears pulls the rest up: a page must begin at or before a job seen already that has not changed since,
 * else it is read again from further up. A job that changes moves to the top: at the end the top is looked at again.
 */
export class JobPages implements RecordSource<JobSummary> {
  readonly #options: JobPagesOptions;
  /** The times of change of the jobs delivered. */
  readonly #seen: Map<string, number> = new Map();
  /** Where the list goes on, as far as is known. */
  #position: number;
  #looks = 0;
  #ended = false;
  readonly bytes = 0;
  readonly resumes = 0;

  constructor(options: JobPagesOptions) {
    this.#options = options;
    this.#position = options.start;
  }

  async pull(): Promise<Batch<JobSummary> | undefined> {
    while (!this.#ended && this.#seen.size < this.#options.count) {
      const jobs = this.#looks > 0 ? await this.#lookAgain() : await this.#readOn();
      const records = jobs.slice(0, this.#options.count - this.#seen.size);
      for (const job of records) this.#seen.set(job.key, job.ts);
      if (records.length > 0) return { records, keyAt: (index) => records[index]?.key };
    }
    return undefined;
  }

  close(reason?: unknown): void {
    this.#ended = true;
    this.#options.close(reason);
  }

  /** The next page's jobs that were not delivered. */
  async #readOn(): Promise<JobSummary[]> {
    const { page, start } = this.#options;
    const first = this.#position === start;
    // A page that nothing precedes is as long as what is wanted; one that overlaps has room for that, too.
    const count = first ? Math.min(PAGE, this.#options.count) : PAGE;
    for (let overlap = first ? 0 : OVERLAP; ; overlap *= 2) {
      const from = Math.max(start, this.#position - overlap);
      const jobs = await page(from, count);
      if (from > start && !jobs.some((job) => this.#isUnchanged(job))) continue;
      this.#position = from + jobs.length;
      if (jobs.length < count) this.#endOfList(first);
      return jobs.filter((job) => !this.#seen.has(job.key));
    }
  }

  #endOfList(single: boolean): void {
    // One page is one moment: nothing can have moved. Behind jobs that were passed over, the top is not asked for.
    if (single || this.#options.start > 0) this.#ended = true;
    else {
      this.#looks = 1;
      this.#position = 0;
    }
  }

  /** The top of the list down to the first job that did not change. */
  async #lookAgain(): Promise<JobSummary[]> {
    const jobs = await this.#options.page(this.#position, PAGE);
    const fresh = jobs.filter((job) => !this.#seen.has(job.key));
    this.#position += jobs.length;
    if (jobs.length < PAGE || jobs.some((job) => this.#isUnchanged(job))) {
      // Only a look that found something can have missed something behind it.
      if (fresh.length === 0 || this.#looks++ >= LAST_LOOKS) this.#ended = true;
      this.#position = 0;
    }
    return fresh;
  }

  #isUnchanged(job: JobSummary): boolean {
    return this.#seen.get(job.key) === job.ts;
  }
}
