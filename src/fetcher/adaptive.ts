import { checkInteger, expected } from '../errors/index.ts';
import type { AdaptiveConcurrency } from './limit-rule.ts';

/** Which part is left when a server has too much. */
const BACK = 0.7;
/** How fast the memory of the best latency fades, each request. */
const FADING = 1.002;

/** How {@link adaptive} moves. */
export interface AdaptiveOptions {
  /** Where it begins. @default 4 */
  readonly initial?: number;
  /** @default 1 */
  readonly minimum?: number;
  /** @default 200 */
  readonly maximum?: number;
  /** How many times the best latency is too slow; above 1. @default 2 */
  readonly tolerance?: number;
}

/**
 * A concurrency that follows how a server bears it: one more for every round of requests that went well, a third less
 * when it answers 429 or 503, does not answer, or takes much longer than at its best (AIMD).
 *
 * @throws ConfigurationError
 * @example
 * new Fetcher({ limits: [{ key: 'origin', concurrency: adaptive({ maximum: 50 }) }] });
 */
export function adaptive(options: AdaptiveOptions = {}): AdaptiveConcurrency {
  const { initial = 4, maximum = 200, minimum = 1, tolerance = 2 } = options;
  checkInteger('minimum', minimum, 1);
  checkInteger('maximum', maximum, minimum);
  checkInteger('initial', initial, minimum);
  if (initial > maximum) expected('`initial` to be at most `maximum`', initial);
  if (!(tolerance > 1)) expected('`tolerance` to be above 1', tolerance);
  return {
    start() {
      let concurrency = initial;
      let best = Number.POSITIVE_INFINITY;
      /** Answers to come before another step back. */
      let settling = 0;
      return {
        get concurrency() {
          return concurrency;
        },
        update({ latency, status }, running) {
          settling--;
          const isRefused = status === undefined || status === 429 || status === 503;
          if (!isRefused) best = Math.min(best * FADING, latency);
          if (isRefused || latency > best * tolerance) {
            if (settling > 0) return;
            concurrency = Math.max(minimum, concurrency * BACK);
            // What is in the air still tells of the time before.
            settling = running;
          } else if (running >= Math.floor(concurrency)) {
            // More is worth nothing where what there is is not used.
            concurrency = Math.min(maximum, concurrency + 1 / concurrency);
          }
        },
      };
    },
  };
}
