import type { CallOptions, Connection } from '../http/index.ts';
import { command } from './command.ts';
import { Jobs } from './jobs.ts';
import { parseSpiderKey } from './keys.ts';
import type { TagChanges } from './tag-changes.ts';

/** A spider of a project. */
export class Spider {
  /** `project/spider`. */
  readonly key: string;
  readonly name: string;
  readonly jobs: Jobs;
  readonly #connection: Connection;

  constructor(connection: Connection, key: string, name: string) {
    const [project] = parseSpiderKey(key);
    this.#connection = connection;
    this.key = key;
    this.name = name;
    this.jobs = new Jobs(connection, project, this);
  }

  /** Its tags. */
  listTags(options: CallOptions = {}): Promise<string[]> {
    return command(this.#connection, 'listSpiderTags', ...parseSpiderKey(this.key), options);
  }

  /**
   * Adds tags and takes others off; resolves to the tags that it has then. Not repeated when no answer comes.
   *
   * @throws ConfigurationError for tags that are no text, and when neither is given; NotFoundError for a spider that is
   * not deployed.
   */
  updateTags(changes: TagChanges): Promise<string[]> {
    return command(this.#connection, 'changeSpiderTags', ...parseSpiderKey(this.key), changes);
  }
}
