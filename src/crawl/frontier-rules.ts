import { checkDuration, checkInteger, checkType, expected } from '../errors/index.ts';
import { checkFingerprint } from './fingerprint.ts';
import { type FrontierOptions, LEASE_TTL, type LeaseOptions } from './frontier.ts';

/** {@link FrontierOptions}, checked, with the defaults filled in. */
export function frontierRules(options: FrontierOptions): Required<FrontierOptions> {
  const { attempts = 3, clock = Date.now, fingerprint = 'url' } = options;
  checkInteger('attempts', attempts, 1);
  checkType('clock', clock, 'function');
  checkFingerprint(fingerprint);
  return { attempts, clock, fingerprint };
}

/** {@link LeaseOptions}, likewise. */
export function leaseRules(n: number, options: LeaseOptions = {}): Required<LeaseOptions> {
  const { perHost = Number.POSITIVE_INFINITY, ttl = LEASE_TTL } = options;
  checkInteger('n', n, 1);
  checkDuration('ttl', ttl);
  if (perHost !== Number.POSITIVE_INFINITY) checkInteger('perHost', perHost, 1);
  return { perHost, ttl };
}

/** When something that failed is tried again: at once where nothing else is said. */
export function retryTime({ retryAt = 0 }: { readonly retryAt?: number } = {}): number {
  if (retryAt >= 0 && retryAt < Number.POSITIVE_INFINITY) return retryAt;
  return expected('`retryAt` to be milliseconds since the epoch', retryAt);
}
