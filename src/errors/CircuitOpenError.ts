import { hasCode, TidewayError } from './TidewayError.ts';

/** An origin failed too often: its circuit breaker lets no request through for now. */
export class CircuitOpenError extends TidewayError {
  override readonly code: string = 'ERR_CIRCUIT_OPEN';

  override get name(): string {
    return 'CircuitOpenError';
  }
}

/** Whether a value is a {@link CircuitOpenError}. */
export function isCircuitOpenError(error: unknown): error is CircuitOpenError {
  return hasCode(error, 'ERR_CIRCUIT_OPEN');
}
