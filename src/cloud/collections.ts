import { type CallOptions, type Connection, path } from '../http/index.ts';
import type { Records } from '../records/index.ts';
import { Collection } from './collection.ts';
import type { CollectionSummary, CollectionType } from './collection-options.ts';
import { parseProjectId } from './keys.ts';
import { readLines } from './reading.ts';

/** The collections of a project: records by keys of the program's own, kept apart from jobs. */
export class Collections {
  readonly #connection: Connection;
  readonly #project: string;

  constructor(connection: Connection, project: number | string) {
    this.#connection = connection;
    this.#project = parseProjectId(project);
  }

  /** The collections that there are. */
  iter(options: CallOptions = {}): Records<CollectionSummary> {
    return readLines(this.#connection, path`/collections/${this.#project}/list`, {}, options);
  }

  /** The collections that there are. */
  async list(options: CallOptions = {}): Promise<CollectionSummary[]> {
    return this.iter(options).toArray();
  }

  /**
   * The collection of a type and a name of letters, digits and `_`; it comes into being with its first record. No
   * request is made.
   */
  get(type: CollectionType, name: string): Collection {
    return new Collection(this.#connection, this.#project, type, name);
  }

  /** A collection that keeps its records. */
  getStore(name: string): Collection {
    return this.get('s', name);
  }

  /** A collection whose records go after a month. */
  getCachedStore(name: string): Collection {
    return this.get('cs', name);
  }

  /** A collection that keeps up to three copies of a record. */
  getVersionedStore(name: string): Collection {
    return this.get('vs', name);
  }

  /** A collection that keeps up to three copies of a record, for a month. */
  getVersionedCachedStore(name: string): Collection {
    return this.get('vcs', name);
  }
}
