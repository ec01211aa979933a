import { countingLimiter } from '../counting-limiter.ts';
import type { Limiter } from '../limiter.ts';
import type { Shared } from '../shared.ts';
import type { Needs } from './needs.ts';

/** The limiter that counts. It takes the place of its stand-in. */
export function limiterOf(needs: Needs, shared: Shared): Limiter {
  const { clock, limiter } = shared;
  if (limiter instanceof needs.StandIn) shared.limiter = countingLimiter(needs, limiter.rules, clock);
  return shared.limiter;
}
