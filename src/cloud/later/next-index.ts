import type { CallOptions } from '../../http/index.ts';
import type { StoredData } from '../writer-options.ts';

/** The index behind all that is stored, as far as the stats tell; of samples, which have none, everything is read. */
export async function nextIndex({ read, resource, stats }: StoredData, options: CallOptions): Promise<number> {
  const isCounted = resource !== 'samples';
  const count = isCounted ? ((await stats(options))?.totals?.input_values ?? 0) : 0;
  if (isCounted && count === 0) return 0;
  // Numbers may have gaps: then there are records also behind their count.
  const records = read({ ...options, offset: count, nodata: isCounted });
  for await (const _ of records.batches());
  const { delivered, lastKey } = records.progress;
  return lastKey ? Number(lastKey.split('/')[3]) + 1 : count + delivered;
}
