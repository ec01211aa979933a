import { type CallOptions, Connection, type ConnectionOptions, path } from '../http/index.ts';
import { Job } from './job.ts';
import { closeAll, openWriters } from './open-writers.ts';
import { Project } from './project.ts';
import { Projects } from './projects.ts';
import { expectReading } from './reading.ts';
import type { SettleOptions } from './writer-options.ts';

/**
 * Scrapy Cloud: projects, their spiders and jobs, and what the jobs stored.
 *
 * @throws ConfigurationError for options that cannot work, and for a credential of text in a browser's page.
 * @example
 * const cloud = new ScrapyCloud({ auth: 'APIKEY' });
 * for await (const item of cloud.getJob('123/1/2').items.iter()) console.log(item);
 */
export class ScrapyCloud implements AsyncDisposable {
  /** What the resources ask through; for those that are made one by one, such as `new Items(connection, key)`. */
  readonly connection: Connection;
  readonly projects: Projects;

  constructor(options: ConnectionOptions = {}) {
    this.connection = new Connection(options);
    this.projects = new Projects(this.connection);
    expectReading();
  }

  /** The project with an id. No request is made. */
  getProject(id: number | string): Project {
    return new Project(this.connection, id);
  }

  /** The job with a key `project/spider/job`. No request is made. */
  getJob(key: string): Job {
    return new Job(this.connection, key);
  }

  /** The server's clock, in milliseconds since the epoch. */
  serverTimestamp(options: CallOptions = {}): Promise<number> {
    return this.connection.json<number>(path`/system/ts`, options);
  }

  /**
   * Stores what all writers still have, then ends what else is under way; later calls are refused.
   *
   * @throws what a writer rejects with, or an AggregateError when several do.
   */
  async close(options: SettleOptions = {}): Promise<void> {
    try {
      await closeAll(openWriters(this.connection), options);
    } finally {
      this.connection.close();
    }
  }

  /** As `close`, at the end of an `await using` block. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}
