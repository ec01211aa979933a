import type { CallOptions, Connection } from '../http/index.ts';
import { command } from './command.ts';
import { Items } from './items.ts';
import type { JobFields } from './job-fields.ts';
import { JobMetadata } from './job-metadata.ts';
import { parseJobKey } from './keys.ts';
import { Logs } from './logs.ts';
import { closeAll, openWriters } from './open-writers.ts';
import { Requests } from './requests.ts';
import { Samples } from './samples.ts';
import type { TagChanges } from './tag-changes.ts';
import type { WaitOptions } from './wait-options.ts';
import type { JobState } from './wire.ts';
import type { SettleOptions } from './writer-options.ts';

/** A job: what is known of it and what it stored. Made without a request; a job that does not exist shows when it is read. */
export class Job {
  /** `project/spider/job`. */
  readonly key: string;
  readonly metadata: JobMetadata;
  readonly items: Items;
  readonly logs: Logs;
  readonly requests: Requests;
  readonly samples: Samples;
  readonly #connection: Connection;

  constructor(connection: Connection, key: string) {
    parseJobKey(key);
    this.#connection = connection;
    this.key = key;
    this.metadata = new JobMetadata(connection, key);
    this.items = new Items(connection, key);
    this.logs = new Logs(connection, key);
    this.requests = new Requests(connection, key);
    this.samples = new Samples(connection, key);
  }

  /**
   * Brings the job into a state, stores the given fields with it, and resolves to the state that it was in. Not repeated
   * when no answer comes, nor are {@link start}, {@link finish} and {@link delete}, which are the same for one state.
   *
   * @throws NotFoundError when there is no such job; ConfigurationError for fields that belong to the queue.
   */
  update(state: JobState, meta: JobFields = {}): Promise<JobState> {
    return command(this.#connection, 'updateJob', this.key, state, meta);
  }

  /** Marks the job as running. */
  start(meta?: JobFields): Promise<JobState> {
    return this.update('running', meta);
  }

  /** Marks the job as finished. */
  finish(meta?: JobFields): Promise<JobState> {
    return this.update('finished', meta);
  }

  /** Marks the job as deleted: it leaves all lists, and what is known of it stays. */
  delete(meta?: JobFields): Promise<JobState> {
    return this.update('deleted', meta);
  }

  /**
   * Cancels the job: one that waits is finished at once, one that runs is told to end. Resolves to whether there was
   * anything to cancel. Not repeated when no answer comes.
   */
  cancel(options: CallOptions = {}): Promise<boolean> {
    return command(this.#connection, 'cancelJob', this.key, options);
  }

  /** Removes the job's record for good. That there is none is no error. */
  purge(options: CallOptions = {}): Promise<void> {
    return command(this.#connection, 'purgeJob', this.key, options);
  }

  /**
   * Adds tags and takes others off. Not repeated when no answer comes.
   *
   * @throws NotFoundError when there is no such job; ConfigurationError for tags that are no text, and when neither is
   * given.
   */
  updateTags(changes: TagChanges): Promise<void> {
    return command(this.#connection, 'changeJobTags', this.key, changes);
  }

  /** Stores what its writers still have, and closes them. Rejects as {@link RecordWriter.close} does. */
  closeWriters(options: SettleOptions = {}): Promise<void> {
    const own = [...openWriters(this.#connection)].filter(({ path }) => path.endsWith(`/${this.key}`));
    return closeAll(own, options);
  }

  /**
   * Resolves when the job has reached a state, to the state that it is in then, which may be a later one.
   *
   * @throws NotFoundError when there is no such job, or when it is deleted while something else is waited for;
   * TimeoutError of phase `wait`.
   */
  waitFor(state: JobState, options: WaitOptions = {}): Promise<JobState> {
    return command(this.#connection, 'waitFor', this.key, state, options);
  }
}
