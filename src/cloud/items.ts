import type { CallOptions, Connection } from '../http/index.ts';
import { JobData } from './job-data.ts';
import type { ItemRecord, Stats } from './wire.ts';

/**
 * The items of a job.
 *
 * @example
 * const items = new Items(new Connection({ auth }), '123/1/2');
 * for await (const item of items.iter<Product>()) console.log(item.name);
 */
export class Items extends JobData<ItemRecord, object> {
  constructor(connection: Connection, key: string) {
    super(connection, key, 'items');
  }

  /**
   * Stores an item in the background, in batches. Resolves to its index when it is accepted; `flush` and `close` wait
   * until it is stored, and `writer` makes one of other settings.
   *
   * @throws as {@link RecordWriter.write}
   */
  write(item: object): Promise<number> {
    return this.append(item);
  }

  /** How many are stored, and how many have which field; with `all` also the fields that begin with `_`. */
  stats(options: CallOptions & { readonly all?: boolean } = {}): Promise<Stats> {
    return this.readStats(options);
  }
}
