import type { Connection } from '../http/index.ts';
import { JobData } from './job-data.ts';
import type { Sample } from './wire.ts';

/**
 * What a job measured while it ran. Samples have no keys, no stats and no `meta`: a read that breaks begins anew and
 * skips what was delivered, and `parallel` reads singly.
 */
export class Samples extends JobData<Sample> {
  constructor(connection: Connection, key: string) {
    super(connection, key, 'samples');
  }

  /** Stores a sample in the background, as {@link Items.write} does; resolves to its index. */
  write(sample: Sample): Promise<number> {
    return this.append(sample);
  }
}
