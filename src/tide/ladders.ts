import type { ApiError, expected, isTidewayError, StreamInterruptedError, TimeoutError } from '../errors/index.ts';
import type { ReconnectOptions } from './options.ts';

/** What kind of failure it is: each kind has waits of its own. */
type Kind = 'network' | 'http' | 'rateLimit';

/** What tells errors apart: it is handed over, since this file is loaded when it is needed, and stands on nothing. */
export interface ErrorKinds {
  readonly isTidewayError: typeof isTidewayError;
  readonly StreamInterruptedError: typeof StreamInterruptedError;
  readonly expected: typeof expected;
}

/** What a user says of the waits. */
type Steps = Pick<ReconnectOptions<never>, Kind | 'longest'>;

/** The upper bound of the first wait of each kind, in milliseconds. */
const FIRST: Readonly<Record<Kind, number>> = { network: 250, http: 5_000, rateLimit: 60_000 };
/** The longest wait, in milliseconds. */
const LONGEST = 900_000;
/** How often a bound doubles: 16 seconds on the network, 320 after 5xx. */
const STEPS = 6;

/** How long to wait before a broken connection is replaced: fast on a bad network, slowly where a server says so. */
export class Ladders {
  readonly #options: Steps;
  readonly #errors: ErrorKinds;
  #failures: Record<Kind, number> = { network: 0, http: 0, rateLimit: 0 };

  constructor(options: Steps, errors: ErrorKinds) {
    this.#options = options;
    this.#errors = errors;
  }

  /** A good period is over: the next failure is the first again. */
  reset(): void {
    this.#failures = { network: 0, http: 0, rateLimit: 0 };
  }

  /**
   * Milliseconds to wait, undefined when no other connection may help. `retry` is what the server wanted a client to wait
   * that lost it.
   */
  delay(error: unknown, retry: number | undefined): number | undefined {
    const kind = this.#kindOf(error);
    if (!kind) return undefined;
    const { longest = LONGEST, [kind]: first = FIRST[kind] } = this.#options;
    const asked = (error as Partial<ApiError>).retryAfter;
    const failures = this.#failures[kind]++;
    if (asked !== undefined) return asked > longest ? undefined : asked;
    // Full jitter: clients that were cut off together do not come back together.
    const bound = (steps: number): number => Math.random() * Math.min(longest, first * 2 ** Math.min(steps, STEPS));
    if (kind !== 'network' || retry === undefined) return bound(failures);
    return Math.min(longest, retry) + (failures > 0 ? bound(failures - 1) : 0);
  }

  #kindOf(error: unknown): Kind | undefined {
    if (!this.#errors.isTidewayError(error)) return undefined;
    // By what they are to programs, not by class: the guards would have to be loaded at the start.
    const { code, phase, status } = error as Partial<Pick<ApiError, 'status'> & TimeoutError>;
    if (status === 420 || status === 429) return 'rateLimit';
    if (status !== undefined) return status >= 500 || status === 408 ? 'http' : undefined;
    return code === 'ERR_CONNECTION' || (code === 'ERR_TIMEOUT' && phase !== 'deadline') ? 'network' : undefined;
  }
}
