import type { CacheRules } from './cache-options.ts';

/** What is kept of an answer beside its body. It is plain JSON, so that any store can hold it. */
export interface StoredHead {
  readonly status: number;
  readonly statusText: string;
  /** Without `set-cookie`, and without what belongs to the connection or to the encoding of the bytes on it. */
  readonly headers: readonly (readonly [name: string, value: string])[];
  /** Where redirects led, if the `fetch` below followed any. */
  readonly url?: string;
  /** When the answer came, in milliseconds of the rules' clock. */
  readonly storedAt: number;
  /** When a store may forget it, in milliseconds of the same clock. It may be of no use long before. */
  readonly keepUntil: number;
  /** Of answers that depend on request headers: which ones, and under which name the variants are stored. */
  readonly vary?: { readonly names: readonly string[]; readonly generation: string };
  /** What the policy `http` remembers. */
  readonly policy?: object;
}

/** An answer that was stored. */
export interface StoredResponse {
  readonly head: StoredHead;
  /**
   * The body, decoded: bytes that nobody changes, or a stream, which fails with a `ConnectionError` when the store loses
   * the rest of it meanwhile. What is not opened holds nothing.
   */
  readonly open: () => Uint8Array<ArrayBuffer> | ReadableStream<Uint8Array<ArrayBuffer>>;
}

/**
 * A store of answers, by keys of text (up to some 10 KB). It knows nothing of HTTP: `answerThrough` decides what is
 * asked for, stored and forgotten.
 *
 * A method that rejects harms nobody: it counts as a miss, or as not stored, and is told to the rules' `onError`.
 */
export interface ResponseCache {
  /** What is stored, and for how long. */
  readonly rules: CacheRules;
  /** Undefined when there is none, or when its time (`keepUntil`) is over. */
  get(key: string): Promise<StoredResponse | undefined>;
  /**
   * Reads the body to its end and stores it, in place of what was there. Until then, and when the body breaks, which
   * rejects with the body's error, nothing of it can be got; what was there before may be lost.
   */
  put(key: string, head: StoredHead, body: ReadableStream<Uint8Array<ArrayBuffer>>): Promise<void>;
  /** Replaces the head and keeps the body; does nothing when there is none. */
  update(key: string, head: StoredHead): Promise<void>;
  /** Forgets an answer, if it is there. */
  delete(key: string): Promise<void>;
  /** Forgets everything. */
  clear(): Promise<void>;
}
