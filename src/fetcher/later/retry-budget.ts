import type { TidewayError } from '../../errors/index.ts';
import { backoff } from '../../http/backoff.ts';
import { isTidewayError } from './needs.ts';
import type { RetryRules } from './retry-rules.ts';

/** How many origins that fail are remembered. */
const MOST_ORIGINS = 10_000;
/** How many answers that need no repetition earn their origin one. */
const ANSWERS_FOR_ONE = 5;

/** How a request went that may be repeated. */
export interface Attempt {
  readonly method: string;
  readonly origin: string;
  /** Counted from 1. */
  readonly attempt: number;
  /** Milliseconds since the first was sent. */
  readonly elapsed: number;
  /** What came, or what went wrong. */
  readonly status: number | undefined;
  readonly error: unknown;
  /** Milliseconds of rest that the server asked for. */
  readonly asked: number | undefined;
}

/** How many repetitions each origin may still cause. Only those are remembered that have caused some. */
export class RetryBudget {
  /** In parts of a repetition, as many as an answer earns. */
  readonly #left = new Map<string, number>();

  /**
   * Milliseconds to wait before another try, or undefined for none: it is not to be repeated, the server asks for more
   * than it is given, or the tries, the time or the origin's budget are used up.
   */
  delay({ asked, attempt, elapsed, error, method, origin, status }: Attempt, rules: RetryRules): number | undefined {
    const mayHelp = status === undefined ? isPassing(error) : isPassingStatus(status, asked, rules);
    if (!mayHelp) {
      if (status !== undefined) this.#earn(origin, rules.budget);
      return undefined;
    }
    if (attempt >= rules.attempts || !rules.methods.includes(method)) return undefined;
    if (asked !== undefined && asked > rules.maxRetryAfter) return undefined;
    const delay = asked || backoff(attempt, rules.backoff);
    const left = this.#left.get(origin) ?? rules.budget * ANSWERS_FOR_ONE;
    if (elapsed + delay > rules.maxTime || left < ANSWERS_FOR_ONE) return undefined;
    this.#left.delete(origin);
    this.#left.set(origin, left - ANSWERS_FOR_ONE);
    if (this.#left.size > MOST_ORIGINS) this.#left.delete(this.#left.keys().next().value as string);
    return delay;
  }

  #earn(origin: string, budget: number): void {
    const left = this.#left.get(origin);
    if (left === undefined) return;
    if (left + 1 >= budget * ANSWERS_FOR_ONE) this.#left.delete(origin);
    else this.#left.set(origin, left + 1);
  }
}

function isPassing(error: unknown): boolean {
  if (!isTidewayError(error)) return false;
  const { code, phase } = error as TidewayError & { readonly phase?: string };
  return code === 'ERR_CONNECTION' || (code === 'ERR_TIMEOUT' && (phase === 'headers' || phase === 'idle'));
}

function isPassingStatus(status: number, asked: number | undefined, { statuses }: RetryRules): boolean {
  if (statuses) return statuses.includes(status);
  return status === 408 || status === 429 || status >= 500 || (status === 413 && asked !== undefined);
}
