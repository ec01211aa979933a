import { checkInteger } from '../errors/index.ts';
import { type CallOptions, type Connection, path, type QueryValue } from '../http/index.ts';
import { Records } from '../records/index.ts';
import { command } from './command.ts';
import { Job } from './job.ts';
import type { CancelOptions, PushOptions, StartOptions } from './job-fields.ts';
import type {
  JobFilter,
  JobListOptions,
  JobSummaryOptions,
  LastJobsOptions,
  Named,
  RunAllOptions,
  RunRequest,
  RunResult,
  WaitForAllOptions,
  WaitResult,
} from './job-options.ts';
import { JobPages } from './job-pages.ts';
import { checkState } from './job-state.ts';
import { checkJobKey, parseJobKey, parseProjectId, parseSpiderKey } from './keys.ts';
import type { JobsOf } from './later/jobs-of.ts';
import { lazySource } from './lazy-source.ts';
import { names } from './read-options.ts';
import { readLines } from './reading.ts';
import type { RunOptions } from './run-options.ts';
import type { TagChanges } from './tag-changes.ts';
import type { JobState, JobStateSummary, JobSummary } from './wire.ts';

/** The jobs of a project, or of one of its spiders. */
export class Jobs {
  readonly #connection: Connection;
  readonly #project: string;
  readonly #spider: JobsOf['spider'];
  readonly #these: JobsOf;

  /** For the jobs of a spider, `spider` has its key and name. */
  constructor(
    connection: Connection,
    project: number | string,
    spider?: { readonly key: string; readonly name: string },
  ) {
    this.#connection = connection;
    this.#project = parseProjectId(project);
    this.#spider = spider && { id: parseSpiderKey(spider.key)[1], name: spider.name };
    this.#these = {
      project: this.#project,
      spider: this.#spider,
      check: (key) => checkJobKey(key, this.#project, this.#spider?.id),
      make: (key) => new Job(connection, key),
    };
  }

  /**
   * Summaries of jobs, the one that changed last first: all of them, past the 1 000 that the server lists at once, none
   * twice and none left out while jobs arrive, finish or are deleted. Without a `state` the finished ones.
   */
  iter(options: JobListOptions = {}): Records<JobSummary> {
    const { count = Number.POSITIVE_INFINITY, meta, start = 0, stop, ...filter } = options;
    checkInteger('count', options.count, 0);
    checkInteger('start', options.start, 0);
    if (stop !== undefined) parseJobKey(stop);
    const { query, call } = this.#filter(filter);
    const target = path`/jobq/${this.#project}/list`;
    return new Records(() => {
      const scope = this.#connection.scope(`GET ${target}`, call);
      const own = { ...call, signal: scope.signal, deadline: Number.POSITIVE_INFINITY };
      return new JobPages({
        start,
        count,
        page: (from, size) =>
          readLines<JobSummary>(
            this.#connection,
            target,
            { ...query, stop, jobmeta: names(meta), start: from || undefined, count: size },
            own,
          ).toArray(),
        close: (reason) => scope.abort(reason),
      });
    });
  }

  /** {@link iter} as an array. */
  async list(options: JobListOptions = {}): Promise<JobSummary[]> {
    return this.iter(options).toArray();
  }

  /** How many jobs there are; without a `state` the finished ones. */
  async count(options: JobFilter = {}): Promise<number> {
    const { query, call } = this.#filter(options);
    return this.#connection.json<number>(path`/jobq/${this.#project}/count`, { ...call, query });
  }

  /** The jobs of each state, or of one: how many there are, and the newest of them. */
  summary(state: JobState, options?: JobSummaryOptions): Promise<JobStateSummary>;
  summary(state?: undefined, options?: JobSummaryOptions): Promise<JobStateSummary[]>;
  async summary(state?: JobState, options: JobSummaryOptions = {}): Promise<JobStateSummary | JobStateSummary[]> {
    const summaries = await command(this.#connection, 'summarizeJobs', this.#these, state, options);
    return state === undefined ? summaries : (summaries[0] as JobStateSummary);
  }

  /** The summary of the last finished job of each spider, or of one. */
  iterLast(options: LastJobsOptions = {}): Records<JobSummary> {
    checkInteger('count', options.count, 0);
    return new Records(() => lazySource(() => command(this.#connection, 'readLastJobs', this.#these, options)));
  }

  /** The summaries of the jobs with these keys that exist, in the order of the keys. */
  jobSummary(
    keys: string | readonly string[],
    options: CallOptions & { readonly meta?: string | readonly string[] } = {},
  ): Promise<JobSummary[]> {
    return command(this.#connection, 'summarizeKeys', this.#these, keys, options);
  }

  /** The job with a key, which must be one of these. No request is made. */
  get(key: string): Job {
    this.#these.check(key);
    return this.#these.make(key);
  }

  /**
   * Schedules a job. Of a spider's jobs the name of the spider is left out. Never repeated when no answer comes: the
   * job may be scheduled all the same.
   *
   * @throws DuplicateJobError when the same job is scheduled or running.
   */
  run(spider: string, options?: RunOptions): Promise<Job>;
  run(options?: RunOptions): Promise<Job>;
  run(...args: Named<RunOptions>): Promise<Job> {
    return command(this.#connection, 'runJob', this.#these, args);
  }

  /**
   * Schedules several jobs, `concurrency` at once, and resolves to what became of each, in their order: a run that fails
   * hinders no other, and none that was scheduled is lost, also when the signal or the deadline ends the rest.
   *
   * @throws ConfigurationError when it cannot begin; what is wrong with one run is the `error` of that run.
   */
  runAll(runs: readonly RunRequest[], options: RunAllOptions = {}): Promise<RunResult[]> {
    return command(this.#connection, 'runAll', this.#these, runs, options);
  }

  /**
   * Puts a job into the queue itself, whose spider need not be deployed: every field that is no option of the call is
   * stored with it. Of a spider's jobs the name of the spider is left out. Never repeated when no answer comes.
   *
   * @throws DuplicateJobError when a job with the same `unique` waits or runs.
   */
  push(spider: string, options?: PushOptions): Promise<Job>;
  push(options?: PushOptions): Promise<Job>;
  push(...args: Named<PushOptions>): Promise<Job> {
    return command(this.#connection, 'pushJob', this.#these, args);
  }

  /**
   * Starts the job whose turn it is, stores the given fields with it and resolves to it; undefined when none waits. Not
   * repeated when no answer comes. The queue is that of the project: a spider alone has none.
   */
  startNext(options: StartOptions = {}): Promise<Job | undefined> {
    return command(this.#connection, 'startNextJob', this.#these, options);
  }

  /**
   * Cancels the jobs with these keys, 1 000 in a request, or for administrators as many that wait as `count` says.
   * Resolves to how many there were to cancel. Not repeated when no answer comes; doing it again does no harm.
   */
  cancel(options: CancelOptions): Promise<number> {
    return command(this.#connection, 'cancelJobs', this.#these, options);
  }

  /**
   * Adds tags to the jobs of a spider and takes others off; resolves to how many jobs these are, or to 0 when both lists
   * are empty. Not repeated when no answer comes.
   */
  updateTags(changes: TagChanges & { spider?: string }): Promise<number> {
    return command(this.#connection, 'changeJobsTags', this.#these, changes);
  }

  /**
   * Waits until all these jobs have reached a state, asking for many of them at once, and resolves to what became of
   * each, in their order. A job that is deleted or unknown has a NotFoundError in `error`, and the others are waited for
   * all the same.
   *
   * `onFinished` is called once for each job that is there, one after the other, and what it returns is awaited before
   * the next; when it throws, the wait ends at once with its error, and it is called for no other job.
   *
   * @throws TimeoutError of phase `wait`; what `onFinished` throws.
   */
  waitForAll(jobs: readonly (Job | string)[], options: WaitForAllOptions = {}): Promise<WaitResult[]> {
    return command(this.#connection, 'waitForAll', this.#these, jobs, options);
  }

  #filter(options: JobFilter): { query: Record<string, QueryValue>; call: CallOptions } {
    const { endTs, hasTag, lacksTag, spider = this.#spider?.name, startTs, state, ...call } = options;
    for (const one of names(state)) checkState(one);
    checkInteger('startTs', startTs, 0);
    checkInteger('endTs', endTs, 0);
    const query = {
      spider,
      state: names(state),
      has_tag: names(hasTag),
      lacks_tag: names(lacksTag),
      startts: startTs,
      endts: endTs,
    };
    return { query, call };
  }
}
