/** How a request ended, for those who decide how many may follow. */
export interface Outcome {
  /** The status of the answer; undefined when none came. */
  readonly status?: number;
  /** Milliseconds from sending until the headers, or until it failed. */
  readonly latency: number;
  /** What broke it, also while its body was read. */
  readonly error?: Error;
  /** Milliseconds of rest that the server asked for. */
  readonly rest?: number;
}

/** Leave to send one request. It ends with {@link Lease.release}, which is called exactly once. */
export interface Lease {
  /** The key that it was given for, as {@link Limiter.keyOf} has it. */
  readonly key?: string;
  /** Told when the request is sent: from the lease until then there may be a wait for a place. It never throws. */
  begin?(): void;
  /**
   * Gives it back, when the body has been read, or nobody wants it any more. Without an outcome nothing was sent. It
   * never throws; calling it again does nothing.
   */
  release(outcome?: Outcome): void;
}

/** What goes with a wish for a {@link Lease}. */
export interface AcquireOptions {
  /** Ends the wait: `acquire` rejects with its reason, and nothing is held. */
  readonly signal?: AbortSignal;
}

/**
 * Who may send now, and who waits. Requests whose URLs have the same key count together; leases of one key are given in
 * the order in which they were asked for. A limiter that counts over several machines waits, too, in `acquire`.
 */
export interface Limiter {
  /** How many calls of `acquire` may wait side by side for one key, where asking takes its time. @default 1 */
  readonly ahead?: number;
  /** What the URL counts under. It is the same as long as the rules are. */
  keyOf(url: URL): string;
  /** A lease at once where there is one; a promise of one only where somebody has to wait. */
  acquire(url: URL, options?: AcquireOptions): Lease | Promise<Lease>;
  /** Lets no request of the URL's key begin for so many milliseconds; the longest pause wins. */
  pause(url: URL, milliseconds: number): void | Promise<void>;
}
