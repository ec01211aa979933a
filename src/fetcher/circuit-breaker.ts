import { CircuitOpenError, checkDuration, checkInteger, expected } from '../errors/index.ts';
import { type Clock, platformClock } from './clock.ts';
import type { Gate } from './fetch-policy.ts';
import type { Outcome } from './limiter.ts';

/** How many origins are remembered; the one that was used least lately is forgotten. */
const MOST_ORIGINS = 10_000;

/** When a {@link circuitBreaker} opens, and for how long. */
export interface CircuitBreakerOptions {
  /** The part of requests that must fail, above 0 and up to 1. @default 0.5 */
  readonly failureRatio?: number;
  /** The fewest requests of a window that tell anything. @default 20 */
  readonly minimum?: number;
  /** How long requests count, in milliseconds. @default 10_000 */
  readonly window?: number;
  /** How long an origin is left alone before one request tries it, in milliseconds. @default 30_000 */
  readonly cooldown?: number;
  /** Told when the circuit of an origin changes. */
  readonly onChange?: (origin: string, state: 'closed' | 'open' | 'half-open') => void;
  /** Where time comes from; for tests. @default the platform's */
  readonly clock?: Clock;
}

interface Circuit {
  state: 'closed' | 'open' | 'half-open';
  /** When the window began, or the circuit opened. */
  since: number;
  requests: number;
  failures: number;
}

/**
 * Leaves origins alone that fail too often: their tasks end with a `CircuitOpenError` at once, without a request. After
 * a while one request tries whether the origin is back. No answer and any 5xx are failures.
 *
 * @throws ConfigurationError
 */
export function circuitBreaker(options: CircuitBreakerOptions = {}): Gate {
  const { clock = platformClock, cooldown = 30_000, failureRatio = 0.5, minimum = 20, onChange } = options;
  const { window = 10_000 } = options;
  if (!(failureRatio > 0 && failureRatio <= 1)) expected('`failureRatio` to be above 0 and up to 1', failureRatio);
  checkInteger('minimum', minimum, 1);
  checkDuration('window', window);
  checkDuration('cooldown', cooldown);
  const circuits = new Map<string, Circuit>();

  const change = (origin: string, circuit: Circuit, state: Circuit['state']): void => {
    Object.assign(circuit, { state, since: clock.now(), requests: 0, failures: 0 });
    onChange?.(origin, state);
  };

  const count = (origin: string, circuit: Circuit, isTrial: boolean, outcome: Outcome | undefined): void => {
    if (!outcome) {
      // The trial was given up before it was sent: the next one is the trial.
      if (isTrial && circuit.state === 'half-open') circuit.state = 'open';
      return;
    }
    const isFailure = outcome.status === undefined || outcome.status >= 500;
    if (isTrial) change(origin, circuit, isFailure ? 'open' : 'closed');
    else if (circuit.state === 'closed') {
      if (clock.now() - circuit.since > window)
        Object.assign(circuit, { since: clock.now(), requests: 0, failures: 0 });
      circuit.requests++;
      if (isFailure) circuit.failures++;
      const isTooMuch = circuit.requests >= minimum && circuit.failures / circuit.requests >= failureRatio;
      if (isFailure && isTooMuch) change(origin, circuit, 'open');
    }
  };

  return {
    admit({ url }) {
      const { origin } = url;
      const circuit = circuits.get(origin) ?? { state: 'closed', since: clock.now(), requests: 0, failures: 0 };
      circuits.delete(origin);
      circuits.set(origin, circuit);
      if (circuits.size > MOST_ORIGINS) circuits.delete(circuits.keys().next().value as string);
      const isTrial = circuit.state === 'open' && clock.now() - circuit.since >= cooldown;
      if (circuit.state !== 'closed' && !isTrial) {
        throw new CircuitOpenError(`${origin} failed too often and is left alone for now`);
      }
      if (isTrial) {
        circuit.state = 'half-open';
        onChange?.(origin, 'half-open');
      }
      let isHeld = true;
      return {
        release: (outcome) => {
          if (isHeld) count(origin, circuit, isTrial, outcome);
          isHeld = false;
        },
      };
    },
  };
}
