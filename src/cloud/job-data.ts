import { checkInteger, expected, isNotFoundError } from '../errors/index.ts';
import type { CallOptions, Connection, Path, QueryValue } from '../http/index.ts';
import { type RecordSource, Records, type Schema } from '../records/index.ts';
import { type JobKey, parseJobKey } from './keys.ts';
import type { DownloadOptions } from './later/download.ts';
import { later } from './later.ts';
import { lazySource } from './lazy-source.ts';
import { openWriters } from './open-writers.ts';
import { names, type ReadOptions, readQuery, type SchemaOptions } from './read-options.ts';
import { expectReading, readRecords } from './reading.ts';
import { RecordWriter } from './record-writer.ts';
import type { Reading } from './resuming.ts';
import type { Shapes } from './shapes.ts';
import type { Stats } from './wire.ts';
import type { SettleOptions, WriterOptions, WriterTarget } from './writer-options.ts';

type Query = Record<string, QueryValue>;

type Resource = 'items' | 'logs' | 'requests' | 'samples';

/** Records that a job has stored: what items, logs, requests and samples have in common. `Input` is what is written. */
export abstract class JobData<T, Input = T> {
  protected readonly connection: Connection;
  protected readonly key: JobKey;
  protected readonly resource: Resource;
  readonly #path: Path;
  #own: RecordWriter<Input> | undefined;

  constructor(connection: Connection, key: string, resource: Resource) {
    this.connection = connection;
    this.key = parseJobKey(key);
    this.resource = resource;
    // Nothing to encode: a key is integers.
    this.#path = `/${resource}/${this.key.join('/')}` as Path;
    expectReading();
  }

  /**
   * The records in order, as a sequence that goes on where it stopped when the connection breaks.
   *
   * @throws ConfigurationError at once for options that cannot work. Its reader meets ApiError, ConnectionError,
   * TimeoutError, StreamInterruptedError, DecodeError, RecordTooLargeError and SchemaError.
   */
  iter<Output>(options: SchemaOptions<Output>): Records<Output>;
  iter<Item = T>(options?: ReadOptions): Records<Item>;
  iter(options: ReadOptions & { readonly schema?: Schema } = {}): Records<unknown> {
    const query = readQuery(options, this.key);
    return new Records(() => this.#source(options, query));
  }

  /** The records in an array. */
  list<Output>(options: SchemaOptions<Output>): Promise<Output[]>;
  list<Item = T>(options?: ReadOptions): Promise<Item[]>;
  async list(options: ReadOptions & { readonly schema?: Schema } = {}): Promise<unknown[]> {
    return this.iter<unknown>(options).toArray();
  }

  /** The record with a number; undefined when there is none. */
  async get<Item = T>(index: number, options: Pick<ReadOptions, 'meta'> & CallOptions = {}): Promise<Item | undefined> {
    checkInteger('index', index ?? null, 0);
    const { meta, ...call } = options;
    const target = `${this.#path}/${index}` as Path;
    const read = (): RecordSource<Item> =>
      readRecords(this.connection, target, { meta: names(meta) }, call, { keys: 'none' });
    try {
      // Read to its end: a body that is left takes its connection along.
      return (await new Records(read).toArray())[0];
    } catch (error) {
      if (isNotFoundError(error)) return undefined;
      throw error;
    }
  }

  /**
   * The records in a format that the server writes, as a stream of bytes that asks when it is pulled. It cannot go on
   * when it breaks: then it ends in an error, as it does for options that cannot work.
   */
  download(options: DownloadOptions): ReadableStream<Uint8Array<ArrayBuffer>> {
    const { connection, key, resource } = this;
    const open = (): RecordSource<Uint8Array<ArrayBuffer>> =>
      lazySource(() => later(connection, 'openDownload', this.#path, resource, key, options));
    return new Records(open).toReadableStream();
  }

  /**
   * A writer of its own settings. `close` it, or declare it with `await using`.
   *
   * @throws ConfigurationError for options that cannot work, and while another writer of this connection appends here:
   * both would give the same indices.
   */
  writer(options: WriterOptions = {}): RecordWriter<Input> {
    const target = this.#target();
    const other = options.start === undefined && this.#appending();
    if (other) expected(`one writer at a time that appends ${target.name}, or \`start\``, 'another');
    return new RecordWriter(this.connection, target, options);
  }

  /** Resolves when all that was written here is stored. Rejects with what was not, as {@link RecordWriter} does. */
  async flush(options: SettleOptions = {}): Promise<void> {
    await this.#own?.flush(options);
  }

  /** Stores all that was written here; nothing more can be written. */
  async close(options: SettleOptions = {}): Promise<void> {
    await this.#own?.close(options);
  }

  /** Accepts a record. Everything that writes here by this connection shares one writer. */
  protected append(record: Input): Promise<number> {
    this.#own ??= this.#appending() ?? this.writer();
    return this.#own.write(record);
  }

  /** Checks a record, and answers with what is sent, where this is special to a kind of records. */
  protected shape?(record: Input, shapes: Shapes): unknown;

  #appending(): RecordWriter<Input> | undefined {
    return [...openWriters(this.connection)].find((writer) => writer.appendsTo(this.#path)) as
      | RecordWriter<Input>
      | undefined;
  }

  #target(): WriterTarget<Input> {
    const { key, resource } = this;
    return {
      name: `${resource} of ${key.join('/')}`,
      path: this.#path,
      data: { resource, stats: (call) => this.readStats(call), read: (options) => this.iter(options) },
      shape: this.shape,
    };
  }

  /** What is stored; of samples the server does not tell. */
  protected readStats(options: CallOptions & { readonly all?: boolean } = {}): Promise<Stats> {
    const { all, ...call } = options;
    return this.connection.json<Stats>(`${this.#path}/stats` as Path, { ...call, query: { all } });
  }

  #source(options: ReadOptions & { readonly schema?: Schema | undefined }, query: Query): RecordSource<unknown> {
    const { connection, key, resource } = this;
    const { parallel = 1, schema } = options;
    if (schema) {
      const open = (): RecordSource<unknown> => this.#source({ ...options, schema: undefined }, query);
      return lazySource(() => later(connection, 'checked', schema, open));
    }
    // Samples have no stats to cut ranges by.
    if (parallel === 1 || resource === 'samples') return this.#read(query, options);
    return lazySource(() =>
      later(connection, 'readParallel', this.#path, key, options, (range, call, ahead) =>
        this.#read({ ...query, ...range }, call, ahead),
      ),
    );
  }

  #read(query: Query, options: ReadOptions, ahead?: Reading['ahead']): RecordSource<unknown> {
    const { connection, key, resource } = this;
    const meta = names(options.meta);
    // Samples are arrays: they have no key to go on behind.
    const keys = resource === 'samples' ? 'none' : meta.includes('_key') ? 'keep' : 'strip';
    const asked = { ...query, meta: keys === 'strip' ? [...meta, '_key'] : meta };
    return readRecords(connection, this.#path, asked, options, {
      keys,
      ahead,
      isOver: (call) => later(connection, 'isOver', key, call),
    });
  }
}
