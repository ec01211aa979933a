import type { Connection, Path } from '../http/index.ts';
import { settleAll } from './settle-all.ts';
import type { SettleOptions } from './writer-options.ts';

/** A writer of any records: what a connection has to know of it. */
export interface AnyWriter {
  readonly name: string;
  readonly path: Path;
  readonly pending: number;
  appendsTo(path: Path): boolean;
  close(options: SettleOptions): Promise<void>;
}

const writers: WeakMap<Connection, Set<AnyWriter>> = /* @__PURE__ */ new WeakMap();

/** The writers of a connection that are open, or that could not store all they had. */
export function openWriters(connection: Connection): Set<AnyWriter> {
  const open = writers.get(connection) ?? new Set();
  writers.set(connection, open);
  return open;
}

/** Closes writers side by side, as {@link settleAll} waits for them. */
export async function closeAll(open: Iterable<AnyWriter>, options: SettleOptions): Promise<void> {
  await settleAll([...open].map((writer) => writer.close(options)));
}
