import { hasCode, TidewayError } from './TidewayError.ts';

/**
 * What took too long: `headers` (an attempt had no answer), `idle` (no byte of a body came), `stall` (bytes, but no
 * record), `deadline` (the whole operation), `queue` (a place in a queue), `wait` (a state that was waited for).
 */
export type TimeoutPhase = 'headers' | 'idle' | 'stall' | 'deadline' | 'queue' | 'wait';

/** Something took longer than allowed. */
export class TimeoutError extends TidewayError {
  override get code(): string {
    return 'ERR_TIMEOUT';
  }

  /** What took too long. */
  readonly phase: TimeoutPhase;
  /** The limit that passed, in milliseconds. */
  readonly timeout: number;

  constructor(what: string, phase: TimeoutPhase, timeout: number) {
    super(`${what} within ${timeout} ms`);
    this.phase = phase;
    this.timeout = timeout;
  }
}

/** Whether a value is a {@link TimeoutError}. */
export function isTimeoutError(error: unknown): error is TimeoutError {
  return hasCode(error, 'ERR_TIMEOUT');
}
