import type { CallOptions, Connection } from '../http/index.ts';
import type { Records } from '../records/index.ts';
import { command } from './command.ts';
import type { Filter } from './filter.ts';
import { checkJobKey, parseProjectId } from './keys.ts';
import { readWhole } from './reading.ts';
import type { ActivityEvent } from './wire.ts';

/** Which events. */
export interface ActivityOptions extends CallOptions {
  /** The most events, the newest ones. All by default. */
  readonly count?: number;
  readonly filter?: Filter;
  /** Fields of the server's, such as `_ts`. */
  readonly meta?: string | readonly string[];
}

/** What happened in a project, the newest event first. */
export class Activity {
  readonly #connection: Connection;
  readonly #project: string;

  constructor(connection: Connection, project: number | string) {
    this.#connection = connection;
    this.#project = parseProjectId(project);
  }

  /** The events, read as a whole before the first is delivered. */
  iter(options: ActivityOptions = {}): Records<ActivityEvent> {
    return readWhole(() => this.list(options));
  }

  /** The events in an array. */
  list(options: ActivityOptions = {}): Promise<ActivityEvent[]> {
    return command(this.#connection, 'listActivity', this.#project, options);
  }

  /**
   * Adds an event, or several in order, at most 1 000 in a request. Never repeated: they may be stored although no
   * answer came.
   *
   * @throws ConfigurationError for what is no object, and for a `job` of another project; UnsavedRecordsError when a
   * request fails behind others that succeeded: `records` are its events and those that were to follow.
   */
  add(events: ActivityEvent | readonly ActivityEvent[], options: CallOptions = {}): Promise<void> {
    const check = (job: string): void => checkJobKey(job, this.#project);
    return command(this.#connection, 'addActivity', this.#project, [events].flat() as ActivityEvent[], options, check);
  }
}
