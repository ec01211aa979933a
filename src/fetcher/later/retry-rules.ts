import type { RetryPolicy } from '../retry-policy.ts';

/** {@link RetryPolicy}, with the defaults filled in. */
export interface RetryRules extends Required<Omit<RetryPolicy, 'statuses'>> {
  readonly statuses: readonly number[] | undefined;
}

const DEFAULTS: RetryRules = {
  attempts: 3,
  maxTime: 60_000,
  // Those that may be repeated (RFC 9110, section 9.2.2).
  methods: ['GET', 'HEAD', 'OPTIONS', 'TRACE', 'PUT', 'DELETE'],
  statuses: undefined,
  maxRetryAfter: 60_000,
  backoff: 500,
  budget: 100,
};

/** The rules of a fetcher, or of one task of it. `false` is a single try. */
export function retryRules(policy: RetryPolicy | false | undefined, defaults: RetryRules = DEFAULTS): RetryRules {
  if (policy === undefined) return defaults;
  // An option that is given as undefined is not given.
  const given = Object.entries(policy || { attempts: 1 }).filter(([, value]) => value !== undefined);
  const rules: RetryRules = { ...defaults, ...Object.fromEntries(given) };
  return { ...rules, methods: rules.methods.map((method) => String(method).toUpperCase()) };
}
