import type { CacheRules } from './cache-options.ts';
import type { StoredHead } from './response-cache.ts';

/** A request, as a policy sees it: without credentials, whose answers are kept apart anyway. */
export interface Asked {
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** What may be done with an answer that is stored. */
export interface Verdict {
  /** Whether it is good enough for now. */
  readonly usable: boolean;
  /** Whether it has to be asked for anew: behind the caller's back when it is usable, else before it is used. */
  readonly ask: boolean;
  /** What to ask with. */
  readonly validators: readonly (readonly [string, string])[];
  /** Its age in seconds, where the policy tells. */
  readonly age?: number;
}

/** Decides what is stored and how long it holds. */
export interface Freshness {
  /** The head of an answer as it is to be stored; undefined when it may not be. */
  store(asked: Asked, head: Omit<StoredHead, 'keepUntil'>): StoredHead | undefined;
  judge(asked: Asked, head: StoredHead): Verdict;
  /** The head after the server said that the answer still holds; undefined when it meant another one. */
  confirm(asked: Asked, head: StoredHead, headers: StoredHead['headers'], now: number): StoredHead | undefined;
  /** Whether what is stored is better than a failure of the server (a status), or of the way to it (undefined). */
  outlasts(asked: Asked, head: StoredHead, status: number | undefined): boolean;
}

const FRESH: Verdict = { usable: true, ask: false, validators: [] };
const STALE: Verdict = { usable: false, ask: true, validators: [] };

/** The policy `ttl`: what was successful holds for a fixed time. */
export function ttlFreshness({ clock, statuses, ttl }: CacheRules): Freshness {
  return {
    store: (_asked, head) => {
      const { status } = head;
      const isWanted = statuses ? statuses.includes(status) : status >= 200 && status < 300;
      // A part is not the whole.
      return isWanted && status !== 206 ? { ...head, keepUntil: Math.min(head.storedAt + ttl, 2 ** 53) } : undefined;
    },
    judge: (asked, { storedAt }) => {
      if (/\bno-cache\b|\bmax-age\s*=\s*0\b/i.test(asked.headers['cache-control'] ?? '')) return STALE;
      const age = clock() - storedAt;
      // What is of the future was stored by a clock that was wrong.
      return age >= 0 && age < ttl ? FRESH : STALE;
    },
    confirm: () => undefined,
    outlasts: () => false,
  };
}
