import type { TidewayError } from '../errors/index.ts';
import type { Awaitable } from './awaitable.ts';

/** What a framing is told of the body that it is to cut into records. */
export interface FramingOptions {
  /** The longest record, in bytes. */
  readonly maxRecordBytes: number;
  /** The id of the last server-sent event of the connection before. */
  readonly lastEventId: string | undefined;
}

/** Cuts the bytes of one body into records. The same bytes must give the same records, however they are cut. */
export interface Framer<T> {
  /** The records that end in this chunk, which holds until the next one only: what is kept of it is copied. */
  push(chunk: Uint8Array): { readonly records: T[] };
  /**
   * The record at the end of the body, where nothing but the end is missing. A failure that it finds is a body that was
   * cut inside a record.
   */
  end(): { readonly records: T[] };
  /** Makes the error behind the records that were handed out last; nothing comes after it. */
  readonly failure: (() => TidewayError | Promise<TidewayError>) | undefined;
  /** The id of the last server-sent event, which the next connection begins behind. */
  readonly lastEventId?: string | undefined;
  /** How long the server wants a client to wait before it connects again, in milliseconds. */
  readonly retry?: number | undefined;
}

/** How a body is made of records. */
export interface Framing<T> {
  /** The type of content that is asked for, unless the tide has an `accept` header of its own. */
  readonly accept?: string;
  /** A framer for a new body. Asked for beside the request, so that a framing may load its code. */
  open(options: FramingOptions): Awaitable<Framer<T>>;
}
