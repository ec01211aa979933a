import type { CallOptions, Connection } from '../http/index.ts';
import { JobData } from './job-data.ts';
import type { RequestInput } from './request-input.ts';
import type { RequestRecord, Stats } from './wire.ts';

/** The requests that a job made. */
export class Requests extends JobData<RequestRecord, RequestInput> {
  constructor(connection: Connection, key: string) {
    super(connection, key, 'requests');
  }

  /**
   * Stores a request in the background, as {@link Items.write} does. Resolves to its index, which is the `parent` of the
   * requests that it leads to.
   */
  add(request: RequestInput): Promise<number> {
    return this.append({ ts: Date.now(), ...request });
  }

  /** How many are stored, and how many have which field. */
  stats(options: CallOptions = {}): Promise<Stats> {
    return this.readStats(options);
  }
}
