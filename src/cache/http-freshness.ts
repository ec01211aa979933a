// Types of the package, where it is taken from JSR: Deno looks for none by itself.
// @ts-types="npm:@types/http-cache-semantics@4.2.0"
import CachePolicy from 'http-cache-semantics';
import type { CacheRules } from './cache-options.ts';
import type { Asked, Freshness } from './freshness.ts';
import type { StoredHead } from './response-cache.ts';

type Unkept = Omit<StoredHead, 'keepUntil'>;

/** How long an answer that the server may confirm is kept after its time is over, in milliseconds: a day. */
const KEEP_TO_CONFIRM = 86_400_000;
/** What an answer of 304 does not say of the body that is stored. */
const OF_THE_BODY = /^content-(length|encoding|range|type)$/;

/** The policy `http`, RFC 9111 and RFC 5861, of a cache that keeps users apart. */
export function httpFreshness({ clock }: CacheRules): Freshness {
  class Policy extends CachePolicy {
    // The library's own is that of the wall.
    now(): number {
      return clock();
    }
  }

  // The key tells URLs apart, so that policies need not hold them; the headers are held once.
  const newPolicy = (asked: Asked, { headers, status }: Unkept): CachePolicy =>
    new Policy(requestOf(asked), { status, headers: recordOf(headers) }, { shared: false });
  const policyOf = (head: StoredHead, without: readonly string[] = []): CachePolicy => {
    const object = head.policy as CachePolicy.CachePolicyObject;
    const rescc = Object.fromEntries(Object.entries(object.rescc).filter(([name]) => !without.includes(name)));
    return Policy.fromObject({ ...object, rescc, resh: recordOf(head.headers) });
  };
  const headOf = (policy: CachePolicy, head: Unkept): StoredHead => {
    const { resh: _, ...object } = policy.toObject();
    const canConfirm = head.headers.some(([name]) => name === 'etag' || name === 'last-modified');
    const keep = policy.timeToLive() + (canConfirm ? KEEP_TO_CONFIRM : 0);
    return { ...head, keepUntil: head.storedAt + keep, policy: object };
  };

  return {
    store: (asked, head) => {
      const policy = newPolicy(asked, head);
      const stored = headOf(policy, head);
      // What holds for no time and cannot be confirmed would never be used.
      return policy.storable() && stored.keepUntil > head.storedAt ? stored : undefined;
    },
    judge: (asked, head) => {
      const strict = policyOf(head);
      // The library never uses such an answer as it is; RFC 9111, section 5.2.2.2, asks that of stale ones only.
      const policy = strict.stale() ? strict : policyOf(head, ['must-revalidate']);
      const { response, revalidation } = policy.evaluateRequest(requestOf(asked));
      // What is of the future was stored by a clock that was wrong.
      const usable = response !== undefined && policy.age() >= 0 && !has(head, 'no-cache');
      return {
        usable,
        ask: !usable || revalidation !== undefined,
        validators: Object.entries(policy.revalidationHeaders(requestOf(asked))).flatMap(([name, value]) =>
          /^if-(none-match|modified-since)$/.test(name) ? [[name, String(value)] as const] : [],
        ),
        age: Math.max(0, Math.floor(policy.age())),
      };
    },
    confirm: (asked, head, headers, now) => {
      const record = recordOf(headers);
      const { matches } = policyOf(head).revalidatedPolicy(requestOf(asked), { status: 304, headers: record });
      // Many servers name no validator; they were asked about one answer only.
      if (!matches && (record.etag || record['last-modified'])) return undefined;
      const news = headers.filter(([name]) => !OF_THE_BODY.test(name));
      const old = head.headers.filter(([name]) => name !== 'age' && !news.some(([other]) => other === name));
      const confirmed = { ...head, headers: [...old, ...news], storedAt: now };
      return headOf(newPolicy(asked, confirmed), confirmed);
    },
    outlasts: (asked, head, status) => {
      if ((status !== undefined && status < 500) || has(head, 'must-revalidate') || has(head, 'no-cache')) return false;
      try {
        const failure = { status: status ?? 504, headers: {} };
        return policyOf(head).revalidatedPolicy(requestOf(asked), failure).matches;
      } catch {
        return false;
      }
    },
  };
}

/** Whether the server gave a directive with the answer. */
function has({ policy }: StoredHead, directive: string): boolean {
  return directive in (policy as CachePolicy.CachePolicyObject).rescc;
}

function requestOf({ headers, method }: Asked): CachePolicy.HttpRequest {
  return { url: '', method, headers: recordOf(Object.entries(headers)) };
}

/** The library knows directives in lower case only. */
function recordOf(headers: readonly (readonly [string, string])[]): Record<string, string> {
  return Object.fromEntries(
    headers.map(([name, value]) => [name, name === 'cache-control' ? value.toLowerCase() : value]),
  );
}
