import type { Batch, RecordSource } from '../records/index.ts';

/** A source whose code, or first answer, has to be awaited. `close` frees what is held for that. */
export function lazySource<T>(
  load: () => Promise<RecordSource<T>>,
  close?: (reason: unknown) => void,
): RecordSource<T> {
  let source: RecordSource<T> | undefined;
  let closed = false;
  const first = async (): Promise<Batch<T> | undefined> => {
    source = await load();
    // Its reader may have left meanwhile.
    if (closed) source.close();
    return source.pull();
  };
  return {
    get bytes() {
      return source?.bytes ?? 0;
    },
    get resumes() {
      return source?.resumes ?? 0;
    },
    pull: () => (source ? source.pull() : first()),
    close: (reason) => {
      closed = true;
      close?.(reason);
      source?.close(reason);
    },
  };
}
