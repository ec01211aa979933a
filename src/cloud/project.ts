import { type CallOptions, type Connection, path } from '../http/index.ts';
import { Activity } from './activity.ts';
import { Collections } from './collections.ts';
import { Frontiers } from './frontiers.ts';
import { Jobs } from './jobs.ts';
import { parseProjectId } from './keys.ts';
import { Settings } from './settings.ts';
import { Spiders } from './spiders.ts';
import type { ProjectSummary } from './wire.ts';

/** A project: its spiders and jobs, its settings and what happened in it. Made without a request. */
export class Project {
  /** The project's id, as text. */
  readonly key: string;
  readonly activity: Activity;
  readonly collections: Collections;
  readonly frontiers: Frontiers;
  readonly jobs: Jobs;
  readonly settings: Settings;
  readonly spiders: Spiders;
  readonly #connection: Connection;

  constructor(connection: Connection, id: number | string) {
    this.key = parseProjectId(id);
    this.#connection = connection;
    this.activity = new Activity(connection, this.key);
    this.collections = new Collections(connection, this.key);
    this.frontiers = new Frontiers(connection, this.key);
    this.jobs = new Jobs(connection, this.key);
    this.settings = new Settings(connection, this.key);
    this.spiders = new Spiders(connection, this.key);
  }

  /** How many of its jobs are in which state. */
  summary(options: CallOptions = {}): Promise<ProjectSummary> {
    return this.#connection.json<ProjectSummary>(path`/projects/${this.key}/jobsummary`, options);
  }
}
