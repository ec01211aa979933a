/** How often and how long a request is tried again. All durations are milliseconds. */
export interface RetryPolicy {
  /** All tries, the first included. @default 3 */
  readonly attempts?: number;
  /** No further try begins when it would be later than this after the first. @default 60_000 */
  readonly maxTime?: number;
  /** What may be repeated. @default GET, HEAD, OPTIONS, TRACE, PUT and DELETE */
  readonly methods?: readonly string[];
  /** Answers that another try may change. @default 408, 413 with `Retry-After`, 429, 500 and above */
  readonly statuses?: readonly number[];
  /** A server that asks for a longer wait gets no further try, and its key is paused for this long. @default 60_000 */
  readonly maxRetryAfter?: number;
  /** The upper bound of the first wait; it doubles with every try, up to 30 000, with full jitter. @default 500 */
  readonly backoff?: number;
  /**
   * How many repetitions an origin may cause before it must earn more: each answer that needs no repetition earns a
   * fifth of one. Beyond it failures are final, so that no storm of repetitions meets a server that is down.
   *
   * @default 100
   */
  readonly budget?: number;
}
