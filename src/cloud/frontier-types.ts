/** A request of a frontier, to be queued unless its fingerprint was seen before. */
export interface QueueRequest {
  /** The fingerprint: what makes two requests the same one. */
  readonly fp: string;
  /** Anything that JSON can hold; it comes with the request out of the queue. */
  readonly qdata?: unknown;
  /** Anything that JSON can hold; it is kept with the fingerprint. */
  readonly fdata?: unknown;
  /** 0, the first, to 255, the last. @default 0 */
  readonly p?: number;
}

/** Requests that come out of a queue, and are deleted, together: at most 100. */
export interface QueueBatch {
  readonly id: string;
  /** Fingerprints with their `qdata`, null where there is none. */
  readonly requests: readonly (readonly [fp: string, qdata: unknown])[];
}
