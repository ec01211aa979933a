import { expected } from '../errors/index.ts';
import { type CallOptions, type Connection, type Path, path, type QueryValue } from '../http/index.ts';
import { type RecordSource, Records, type Schema } from '../records/index.ts';
import { checkObject } from './check-object.ts';
import { checkText } from './check-text.ts';
import {
  type CollectionReadOptions,
  type CollectionRecord,
  type CollectionSchemaOptions,
  type CollectionSelection,
  type CollectionType,
  type CollectionWriterOptions,
  selectionQuery,
} from './collection-options.ts';
import { command } from './command.ts';
import { parseProjectId } from './keys.ts';
import { later } from './later.ts';
import { lazySource } from './lazy-source.ts';
import { names } from './read-options.ts';
import { readRecords } from './reading.ts';
import { RecordWriter } from './record-writer.ts';
import type { WriterTarget } from './writer-options.ts';

type Query = Record<string, QueryValue>;

/** A record that can be stored. */
interface Keyed {
  readonly _key: string;
}

/**
 * A collection: records by their `_key`, in the order of the bytes of their keys.
 *
 * @throws ConfigurationError for a type that does not exist, and a name of other than letters, digits and `_`.
 * @example
 * const prices = new Collection(new Connection({ auth }), 123, 's', 'prices');
 * await prices.set({ _key: 'book-1', price: 9.5 });
 */
export class Collection {
  readonly type: CollectionType;
  readonly name: string;
  readonly #connection: Connection;
  readonly #project: string;
  readonly #path: Path;

  constructor(connection: Connection, project: number | string, type: CollectionType, name: string) {
    if (!['s', 'cs', 'vs', 'vcs'].includes(type)) expected('the type of a collection: s, cs, vs or vcs', type);
    if (typeof name !== 'string' || !/^\w+$/.test(name)) {
      expected('the name of a collection: letters of ASCII, digits and `_`', name);
    }
    this.type = type;
    this.name = name;
    this.#connection = connection;
    this.#project = parseProjectId(project);
    this.#path = path`/collections/${[this.#project, type, name]}`;
  }

  /**
   * The record of a key, without its `_key`.
   *
   * @throws NotFoundError when there is none.
   */
  async get<Item = Record<string, unknown>>(key: string, options: CallOptions = {}): Promise<Item> {
    checkText('key', key);
    // What a path cannot say, or says of something else: then it is looked for.
    if (!/^(count|\.{1,2})$|\//.test(key)) return this.#connection.json<Item>(this.#at(key), options);
    return command(this.#connection, 'findRecord', this.#path, key, options) as Promise<Item>;
  }

  /**
   * Stores a record, or several in order, each in place of the one that has its `_key`. Many go in several requests.
   *
   * @throws before anything is sent: ConfigurationError for a `_key` that is missing, empty or no text, and for what
   * JSON cannot hold; ValueTooLargeError for a record above 1 MiB of UTF-8. UnsavedRecordsError when a request fails
   * behind others that succeeded: `start` is how many records are stored, `records` are the others.
   */
  set<Item extends Keyed>(records: Item | readonly Item[], options: CallOptions = {}): Promise<void> {
    return command(this.#connection, 'storeRecords', this.#path, [records].flat(), options, checkRecord);
  }

  /** Removes the record of a key, or of several, many in several requests; that there is none is no error. */
  delete(keys: string | readonly string[], options: CallOptions = {}): Promise<void> {
    return command(this.#connection, 'removeLines', this.#at('deleted'), 'key', [keys].flat(), options);
  }

  /** How many records there are: all of them, past what the server counts at once. */
  async count(options: CollectionSelection = {}): Promise<number> {
    const query = selectionQuery(options);
    return command(this.#connection, 'countRecords', this.#at('count'), query, options, (all) => this.iter(all));
  }

  /**
   * The records with their `_key`, in the order of the bytes of their keys, as a sequence that goes on behind the last
   * key when the connection breaks. Long lists of keys are read by several requests; of an empty one there are none.
   *
   * @throws ConfigurationError at once for options that cannot work. Its reader meets what that of a job's data meets.
   */
  iter<Output>(options: CollectionSchemaOptions<Output>): Records<Output>;
  iter<Item = CollectionRecord>(options?: CollectionReadOptions): Records<Item>;
  iter(options: CollectionReadOptions & { readonly schema?: Schema } = {}): Records<unknown> {
    const query = selectionQuery(options);
    const { schema } = options;
    const open = (): RecordSource<unknown> => this.#source(options, query);
    return new Records(schema ? () => lazySource(async () => later(this.#connection, 'checked', schema, open)) : open);
  }

  /** The records in an array. */
  list<Output>(options: CollectionSchemaOptions<Output>): Promise<Output[]>;
  list<Item = CollectionRecord>(options?: CollectionReadOptions): Promise<Item[]>;
  async list(options: CollectionReadOptions & { readonly schema?: Schema } = {}): Promise<unknown[]> {
    return this.iter<unknown>(options).toArray();
  }

  /** The records of these keys by their keys, without `_key`; there is none of a key that does not exist. */
  getMany<Item = Record<string, unknown>>(
    keys: readonly string[],
    options: CallOptions = {},
  ): Promise<Map<string, Item>> {
    const read = (selected: CollectionReadOptions): Records<CollectionRecord> => this.iter(selected);
    return command(this.#connection, 'getRecords', keys, options, read) as Promise<Map<string, Item>>;
  }

  /** Removes the whole collection, **and those of the other three types with the same name**: the server takes no type. */
  truncate(options: CallOptions = {}): Promise<void> {
    return command(this.#connection, 'truncateCollection', this.#project, this.name, options);
  }

  /** A writer that stores records in the background, in batches and in order. `close` it, or declare it with `await using`. */
  writer<Item extends Keyed = CollectionRecord>(options: CollectionWriterOptions = {}): RecordWriter<Item> {
    const target: WriterTarget<Item> = {
      name: `collection ${this.type}/${this.name} of project ${this.#project}`,
      path: this.#path,
      shape: checkRecord,
    };
    return new RecordWriter<Item>(this.#connection, target, { ...options, inFlight: 1 });
  }

  #at(segment: string): Path {
    return path`/collections/${[this.#project, this.type, this.name, segment]}`;
  }

  #source(options: CollectionReadOptions, query: Query): RecordSource<unknown> {
    const { count, key, prefix, prefixCount } = options;
    const list = key ?? prefix;
    // The most records of one prefix are those of the whole read.
    if (typeof list !== 'object') {
      const most = Math.min(count ?? Number.POSITIVE_INFINITY, prefixCount ?? Number.POSITIVE_INFINITY);
      return this.#read({ ...query, key, prefix }, { ...options, count: Number.isFinite(most) ? most : undefined });
    }
    return lazySource(() =>
      command(this.#connection, 'readParts', this.#path, options, (part, own) =>
        this.#read({ ...query, ...part }, own),
      ),
    );
  }

  #read(query: Query, options: CollectionReadOptions): RecordSource<unknown> {
    const asked = { ...query, meta: ['_key', ...names(options.meta)] };
    return readRecords(this.#connection, this.#path, asked, options, { keys: 'keep' });
  }
}

/** Refuses what is no record of a collection. */
function checkRecord(record: unknown): unknown {
  checkObject('record', record);
  checkText('_key', (record as { readonly _key: unknown })._key);
  return record;
}
