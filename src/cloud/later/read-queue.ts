import type { Path } from '../../http/index.ts';
import type { RecordSource } from '../../records/index.ts';
import type { QueueBatch } from '../frontier-types.ts';
import type { QueueReadOptions } from '../queue-options.ts';
import type { CommandNeeds } from './command-needs.ts';

/** Reads the batches of a queue, each once: those that were deleted meanwhile would make a count of them wrong. */
export function readQueue(
  needs: CommandNeeds,
  path: Path,
  { minCount, onResume, ...call }: QueueReadOptions,
): RecordSource<QueueBatch> {
  const delivered = new Set<string>();
  const isNew = (batch: unknown): boolean => {
    const { id, requests } = (batch ?? {}) as Partial<QueueBatch>;
    if (typeof id !== 'string' || !Array.isArray(requests)) {
      throw new needs.DecodeError(`a batch in the JSON of ${path}`, 1, 0);
    }
    const { size } = delivered;
    return delivered.add(id).size > size;
  };
  const request = () => ({ query: { mincount: minCount } });
  return needs.resumable(needs.connection, path, { keys: 'none', isNew, onResume, request }, call);
}
