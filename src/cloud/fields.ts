import { expected } from '../errors/index.ts';
import { type CallOptions, type Connection, path } from '../http/index.ts';
import type { Records } from '../records/index.ts';
import { command } from './command.ts';
import type { FieldsPlace } from './later/fields.ts';
import { readWhole } from './reading.ts';

/**
 * Named values that the server keeps and merges: nothing is read before it is written, so that writers of different
 * fields take nothing from each other. Writing may be repeated when no answer comes.
 */
export abstract class Fields {
  readonly #connection: Connection;
  readonly #place: FieldsPlace;

  /** `fixed` are fields that are read only. */
  protected constructor(connection: Connection, path: readonly string[], fixed: readonly string[]) {
    this.#connection = connection;
    this.#place = { path, fixed };
  }

  /** One value; null when it is absent. */
  async get<T = unknown>(field: string, options: CallOptions = {}): Promise<T | null> {
    return this.#connection.json<T | null>(path`/${[...this.#place.path, field]}`, options);
  }

  /** Stores a value of JSON. */
  async set(field: string, value: unknown, options: CallOptions = {}): Promise<void> {
    if (value === undefined) expected('`value` to be a value of JSON', value);
    await this.update({ [field]: value }, options);
  }

  /** Stores several values and leaves the others as they are. Those that are undefined are left out. */
  update(values: Readonly<Record<string, unknown>>, options: CallOptions = {}): Promise<void> {
    return command(this.#connection, 'storeFields', this.#place, values, options);
  }

  /** Removes a value; that it is absent is no error. */
  delete(field: string, options: CallOptions = {}): Promise<void> {
    return command(this.#connection, 'deleteField', this.#place, field, options);
  }

  /** All values with their names, as pairs. */
  iter(options: CallOptions = {}): Records<[field: string, value: unknown]> {
    return readWhole(() => this.list(options));
  }

  /** All values with their names, as pairs; none of what does not exist. */
  async list(options: CallOptions = {}): Promise<[field: string, value: unknown][]> {
    return Object.entries((await this.#connection.json<object | undefined>(path`/${this.#place.path}`, options)) ?? {});
  }
}
