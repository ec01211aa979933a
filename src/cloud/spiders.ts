import type { CallOptions, Connection } from '../http/index.ts';
import type { Records } from '../records/index.ts';
import { command } from './command.ts';
import { parseProjectId } from './keys.ts';
import { readWhole } from './reading.ts';
import { Spider } from './spider.ts';
import type { SpiderSummary } from './wire.ts';

/** How a spider is looked up. */
export interface SpiderIdOptions extends CallOptions {
  /** Whether a spider of this name is made when there is none. @default false */
  readonly create?: boolean;
}

/** The spiders of a project. */
export class Spiders {
  readonly #connection: Connection;
  readonly #project: string;

  constructor(connection: Connection, project: number | string) {
    this.#connection = connection;
    this.#project = parseProjectId(project);
  }

  /**
   * The spider with a name.
   *
   * @throws NotFoundError when there is none, unless `create` is set.
   */
  async get(name: string, options: SpiderIdOptions = {}): Promise<Spider> {
    return new Spider(this.#connection, `${this.#project}/${await this.id(name, options)}`, name);
  }

  /**
   * The number of the spider with a name.
   *
   * @throws NotFoundError when there is none, unless `create` is set.
   */
  id(name: string, options: SpiderIdOptions = {}): Promise<number> {
    return command(this.#connection, 'findSpider', this.#project, name, options);
  }

  /** The spiders that are deployed. */
  iter(options: CallOptions = {}): Records<SpiderSummary> {
    return readWhole(() => this.list(options));
  }

  /** The spiders that are deployed. */
  list(options: CallOptions = {}): Promise<SpiderSummary[]> {
    return command(this.#connection, 'listSpiders', this.#project, options);
  }
}
