import { checkDuration, checkInteger, checkType, expected } from '../errors/index.ts';
import type { RetryPolicy } from './retry-policy.ts';

/** Methods that may be repeated (RFC 9110, section 9.2.2). */
const IDEMPOTENT = ['GET', 'HEAD', 'OPTIONS', 'TRACE', 'PUT', 'DELETE'];

/** {@link RetryPolicy}, checked, with the defaults filled in. */
export interface RetryRules extends Required<Omit<RetryPolicy, 'statuses'>> {
  readonly statuses: readonly number[] | undefined;
}

/** Checks a policy; `false` is a single try. */
export function retryRules(policy: RetryPolicy | false | undefined, defaults?: RetryRules): RetryRules {
  if (policy === undefined && defaults) return defaults;
  if (policy) checkType('retry', policy, 'object');
  const rules = {
    attempts: 3,
    maxTime: 60_000,
    methods: IDEMPOTENT,
    statuses: undefined,
    maxRetryAfter: 60_000,
    backoff: 500,
    budget: 100,
    ...defaults,
    ...withoutUndefined(policy || (policy === false ? { attempts: 1 } : {})),
  };
  checkInteger('retry.attempts', rules.attempts, 1);
  for (const name of ['maxTime', 'maxRetryAfter', 'backoff'] as const) checkDuration(`retry.${name}`, rules[name]);
  if (rules.budget !== Number.POSITIVE_INFINITY) checkInteger('retry.budget', rules.budget, 0);
  if (!Array.isArray(rules.methods)) expected('`retry.methods` to be a list', rules.methods);
  if (rules.statuses && !Array.isArray(rules.statuses)) expected('`retry.statuses` to be a list', rules.statuses);
  return { ...rules, methods: rules.methods.map((method) => String(method).toUpperCase()) };
}

/** An option that is given as undefined is not given. */
function withoutUndefined(policy: RetryPolicy): RetryPolicy {
  return Object.fromEntries(Object.entries(policy).filter(([, value]) => value !== undefined));
}
