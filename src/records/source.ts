/** Records that came together. */
export interface Batch<T> {
  readonly records: T[];
  /** The key of one of them, by its index; absent where records have no keys. */
  readonly keyAt?: ((index: number) => string | undefined) | undefined;
}

/** Where the records of a {@link Records} come from: asked for one batch at a time, never before the last one came. */
export interface RecordSource<T> {
  /** The next records, at least one; undefined at the end. */
  pull(): Promise<Batch<T> | undefined>;
  /** Frees what the source holds. Called once, also after the end and after a failure. A reader that leaves waits for it. */
  close(reason?: unknown): void | Promise<void>;
  /** Bytes of bodies that were read, decompressed. */
  readonly bytes: number;
  /** How often the read broke and went on. */
  readonly resumes: number;
}

/** Bytes that come in chunks, and can be left. */
export interface ByteSource {
  /** The next chunk, which holds until the next read; undefined at the end. */
  read(): Promise<Uint8Array | undefined>;
  cancel(reason?: unknown): void;
  /** Whether nothing but the closing of the connection marks the end, so that a cut between two records looks the same. */
  readonly endsByClosing?: boolean;
}

/** How far a read has come. */
export interface Progress {
  /** Records handed to the reader. */
  readonly delivered: number;
  /** Bytes of bodies that were read, decompressed. */
  readonly bytes: number;
  /** How often the read broke and went on. */
  readonly resumes: number;
  /** The key of the last record delivered, for `startAfter` of another read; undefined where records have none. */
  readonly lastKey: string | undefined;
}
