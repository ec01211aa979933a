import type { CallOptions, Path, QueryValue } from '../../http/index.ts';
import type { RecordSource, Records, ResumeEvent } from '../../records/index.ts';
import type { CollectionReadOptions, CollectionRecord, CollectionSelection } from '../collection-options.ts';
import type { CommandNeeds } from './command-needs.ts';
import { notFound } from './job-state.ts';
import { type Part, PartsSource, partsOf } from './parts-source.ts';
import { sendLines } from './send-lines.ts';

type Query = Record<string, QueryValue>;

/** Reads the records that are selected. */
type Read = (options: CollectionReadOptions) => Records<CollectionRecord>;

/** An answer to a count. */
interface Count {
  readonly count?: number;
  /** The key to go on with, where the server counted a part only. */
  readonly nextstart?: string;
}

/** Looks for the record of a key that a path cannot say. */
export async function findRecord(needs: CommandNeeds, path: Path, key: string, options: CallOptions): Promise<unknown> {
  const [record] = await needs.readLines(needs.connection, path, { key }, options).toArray();
  if (record === undefined) throw notFound(needs, path);
  return record;
}

/** Stores records in order, in several requests where there are many; `check` refuses what is none. */
export async function storeRecords(
  needs: CommandNeeds,
  path: Path,
  records: readonly unknown[],
  options: CallOptions,
  check: (record: unknown) => unknown,
): Promise<void> {
  for (const record of records) check(record);
  await sendLines(needs, path, records, options, true);
}

/** Counts the records that `query` selects, past what the server counts at once. */
export async function countRecords(
  needs: CommandNeeds,
  target: Path,
  query: Query,
  options: CollectionSelection,
  read: Read,
): Promise<number> {
  const { endTs, filter, key, prefix, prefixCount, start, startAfter, startTs, ...call } = options;
  // Lists are cut into several reads, and a limit for each prefix is the read's, too.
  if (Array.isArray(key ?? prefix) || prefixCount !== undefined) {
    const records = read({ ...options, nodata: true });
    for await (const _ of records.batches());
    return records.progress.delivered;
  }
  const scope = needs.connection.scope(`GET ${target}`, call);
  const own = { ...call, signal: scope.signal, deadline: Number.POSITIVE_INFINITY };
  try {
    let total = 0;
    for (let next: Query = {}; ; ) {
      const asked = { ...own, query: { ...query, key, prefix, ...next } };
      const { count, nextstart } = (await needs.connection.json<Count>(target, asked)) ?? {};
      // One that goes on where it began would go on for ever.
      if (!Number.isSafeInteger(count) || (nextstart !== undefined && nextstart === next.start)) {
        throw new needs.DecodeError(`a count in the JSON of ${target}`, 1, 0);
      }
      total += count as number;
      if (nextstart === undefined) return total;
      next = { start: nextstart, startafter: undefined };
    }
  } finally {
    scope.end();
  }
}

/** The records of these keys by their keys. */
export async function getRecords<Item>(
  _needs: CommandNeeds,
  keys: readonly string[],
  options: CallOptions,
  read: Read,
): Promise<Map<string, Item>> {
  const found = new Map<string, Item>();
  for await (const batch of read({ ...options, key: [keys].flat() }).batches()) {
    for (const { _key, ...record } of batch) found.set(_key, record as Item);
  }
  return found;
}

/** Removes the collections of a name. */
export async function truncateCollection(
  needs: CommandNeeds,
  project: string,
  name: string,
  options: CallOptions,
): Promise<void> {
  const target = needs.path`/collections/${project}/delete`;
  await needs.connection.json(target, { ...options, method: 'POST', query: { name }, idempotent: true });
}

/** Reads the records of a list of keys, or of prefixes, which `open` reads a part of. */
export async function readParts(
  needs: CommandNeeds,
  path: Path,
  { key, prefix, ...options }: CollectionReadOptions,
  open: (query: Part['query'], options: CollectionReadOptions) => RecordSource<unknown>,
): Promise<RecordSource<unknown>> {
  const { interruption } = await needs.resuming();
  const { count, onResume, prefixCount } = options;
  const what = `GET ${path}`;
  const scope = needs.connection.scope(what, options);
  const within = { ...options, signal: scope.signal, deadline: Number.POSITIVE_INFINITY };
  const parts = partsOf(key ? 'key' : 'prefix', (key ?? prefix) as readonly string[], prefixCount);
  return new PartsSource(parts, count, {
    onResume,
    open: (part: Part, resumed: (event: ResumeEvent) => void) =>
      open(part.query, { ...within, count: part.count, onResume: resumed }),
    interruption: (error, progress) => interruption(needs, what, error, progress),
    close: (reason) => scope.abort(reason),
  });
}
