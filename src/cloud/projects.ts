import type { CallOptions, Connection } from '../http/index.ts';
import type { Records } from '../records/index.ts';
import { command } from './command.ts';
import { Project } from './project.ts';
import { readWhole } from './reading.ts';
import type { JobState, ProjectSummary } from './wire.ts';

/** The projects of the account. */
export class Projects {
  readonly #connection: Connection;

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  /** The project with an id. No request is made. */
  get(id: number | string): Project {
    return new Project(this.#connection, id);
  }

  /** The ids of the projects whose member the key's owner is. */
  iter(options: CallOptions = {}): Records<number> {
    return readWhole(() => this.list(options));
  }

  /** The ids of the projects whose member the key's owner is. */
  list(options: CallOptions = {}): Promise<number[]> {
    return command(this.#connection, 'listProjects', options);
  }

  /** The job counts of every project that has pending or running jobs; with `state` only those of these states. */
  summary(options: CallOptions & { readonly state?: JobState | readonly JobState[] } = {}): Promise<ProjectSummary[]> {
    return command(this.#connection, 'summarizeProjects', options);
  }
}
