import type { Framing } from './framing.ts';

/** The bytes as they come: a record is what came together, which says nothing of how the server wrote it. */
export function raw(): Framing<Uint8Array> {
  return {
    open: () => ({ push: (chunk) => ({ records: [chunk.slice()] }), end: () => ({ records: [] }), failure: undefined }),
  };
}
