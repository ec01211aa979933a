import type { CallOptions, Connection } from '../http/index.ts';
import { Fields } from './fields.ts';
import { parseJobKey } from './keys.ts';

/**
 * What is known of a job: its state, times, arguments, settings, counts and whatever its programs added. `state`, `auth`
 * and `_key` belong to the queue and are not written here: `job.update` changes the state.
 */
export class JobMetadata extends Fields {
  constructor(connection: Connection, key: string) {
    super(connection, ['jobs', ...parseJobKey(key)], ['auth', '_key', 'state']);
  }

  /** The token that opens this job's data to its own program while it runs; null when it has none. */
  authToken(options: CallOptions = {}): Promise<string | null> {
    return this.get<string>('auth', options);
  }
}
