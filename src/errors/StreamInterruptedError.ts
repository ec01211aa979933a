import { hasCode, TidewayError } from './TidewayError.ts';

/** A read broke, was resumed as often as allowed, and was given up. What was delivered before is whole and in order. */
export class StreamInterruptedError extends TidewayError {
  override get code(): string {
    return 'ERR_STREAM_INTERRUPTED';
  }

  /** The records that were delivered. */
  readonly delivered: number;
  /** The key of the last one, for `startAfter` of a later read; undefined where records have no keys. */
  readonly lastKey: string | undefined;

  constructor(message: string, progress: { delivered: number; lastKey?: string | undefined }, cause: unknown) {
    super(message, { cause });
    this.delivered = progress.delivered;
    this.lastKey = progress.lastKey;
  }
}

/** Whether a value is a {@link StreamInterruptedError}. */
export function isStreamInterruptedError(error: unknown): error is StreamInterruptedError {
  return hasCode(error, 'ERR_STREAM_INTERRUPTED');
}
