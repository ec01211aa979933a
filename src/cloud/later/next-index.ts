import type { CallOptions } from '../../http/index.ts';
import type { Records } from '../../records/index.ts';
import type { ReadOptions } from '../read-options.ts';
import type { Stats } from '../wire.ts';
import type { Needs } from './needs.ts';

/** The index behind all that is stored, as far as `stats` tell; without them everything is read. */
export async function nextIndex(
  _needs: Needs,
  stats: (() => Promise<Stats>) | undefined,
  read: (options: ReadOptions) => Records<unknown>,
  options: CallOptions,
): Promise<number> {
  const count = (await stats?.())?.totals?.input_values ?? 0;
  if (stats && count === 0) return 0;
  // Numbers may have gaps: then there are records also behind their count. Samples can only be counted by reading.
  const records = read({ ...options, offset: count, nodata: stats !== undefined });
  for await (const _ of records.batches());
  const { delivered, lastKey } = records.progress;
  return lastKey ? Number(lastKey.split('/')[3]) + 1 : count + delivered;
}
