import type { Bytes } from './bytes.ts';

/** A piece of an answer: whole records. */
export interface Chunk {
  readonly bytes: Bytes;
  readonly records: number;
}

/** A body that is made as it is read. */
export interface RecordSource {
  /**
   * The next piece, with at most so many records, or `undefined` at the end. A piece may be empty: the source has
   * looked at many records that the request does not want, and lets others run.
   */
  read(maxRecords: number): Chunk | undefined;
}
