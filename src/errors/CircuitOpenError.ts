import { hasCode, TidewayError } from './TidewayError.ts';

/** An origin failed too often: its circuit breaker lets no request through for now. */
export class CircuitOpenError extends TidewayError {
  override get code(): string {
    return 'ERR_CIRCUIT_OPEN';
  }
}

/** Whether a value is a {@link CircuitOpenError}. */
export function isCircuitOpenError(error: unknown): error is CircuitOpenError {
  return hasCode(error, 'ERR_CIRCUIT_OPEN');
}
