import { hasCode, TidewayError } from './TidewayError.ts';

/** A bounded queue with the overflow mode `fail` is full. */
export class QueueFullError extends TidewayError {
  override get code(): string {
    return 'ERR_QUEUE_FULL';
  }
}

/** Whether a value is a {@link QueueFullError}. */
export function isQueueFullError(error: unknown): error is QueueFullError {
  return hasCode(error, 'ERR_QUEUE_FULL');
}
