import type { CacheRules } from './cache-options.ts';
import { Flight, flightsOf, type Landing, type Search } from './flight.ts';
import { type Asked, type Freshness, ttlFreshness, type Verdict } from './freshness.ts';
import { type Found, lookup } from './lookup.ts';
import { save } from './save.ts';
import { storedHead, storedHeaders, variesBy } from './stored-head.ts';

const POLICIES: WeakMap<CacheRules, Freshness> = new WeakMap();

/** Looks into the store, and sends the request when nothing there will do. */
export async function search(own: Search): Promise<Landing> {
  const { cache, key, request } = own;
  const { cache: mode = 'default' } = request;
  const { rules } = cache;
  const freshness = POLICIES.get(rules) ?? (await loadPolicy(rules));
  const asked: Asked = { method: request.method, headers: Object.fromEntries(own.plain) };
  const found = mode === 'reload' ? undefined : await lookup(cache, key, request);
  if (!found) {
    if (mode === 'only-if-cached') return nothing();
    return ask(own, freshness, asked);
  }
  const verdict = judge(freshness, asked, found, rules);
  if (mode === 'force-cache' || mode === 'only-if-cached' || (verdict.usable && mode !== 'no-cache')) {
    if (verdict.usable && verdict.ask) refresh(own, freshness, asked, found, verdict);
    return { stored: found.stored, age: verdict.age, source: 'cache' };
  }
  return ask(own, freshness, asked, found, verdict);
}

async function loadPolicy(rules: CacheRules): Promise<Freshness> {
  const make = rules.policy === 'http' ? (await import('./http-freshness.ts')).httpFreshness : ttlFreshness;
  const policy = make(rules);
  POLICIES.set(rules, policy);
  return policy;
}

/** What another policy, or another version of this package, has stored is of no use. */
function judge(freshness: Freshness, asked: Asked, { stored: { head } }: Found, rules: CacheRules): Verdict {
  try {
    return freshness.judge(asked, head);
  } catch (error) {
    rules.onError(error);
    return { usable: false, ask: true, validators: [] };
  }
}

/** What a cache says when it may not ask, and has nothing (RFC 9111, section 5.2.1.7). */
function nothing(): Landing {
  const response = new Response(null, { status: 504, statusText: 'Gateway Timeout' });
  return { response, body: undefined, isShared: true, saved: undefined };
}

async function ask(
  own: Search,
  freshness: Freshness,
  asked: Asked,
  found?: Found,
  { age, validators }: Partial<Verdict> = {},
): Promise<Landing> {
  const { cache, flight, send } = own;
  const { rules } = cache;
  const outlasts = (status: number | undefined): boolean =>
    found !== undefined && freshness.outlasts(asked, found.stored.head, status);
  let response: Response;
  try {
    response = await send(validators ?? [], flight.signal);
  } catch (error) {
    if (!found || flight.signal.aborted || !outlasts(undefined)) throw error;
    return { stored: found.stored, age, source: 'cache' };
  }
  const { headers, status } = response;
  if (found && status === 304 && validators?.length) {
    response.body?.cancel().catch(() => {});
    const head = freshness.confirm(asked, found.stored.head, storedHeaders(response), rules.clock());
    // It meant another answer than the one that is stored.
    if (!head) return ask(own, freshness, asked);
    if (!flight.isVoid) cache.update(found.key, head).catch(rules.onError);
    return { stored: { ...found.stored, head }, age: 0, source: 'revalidated' };
  }
  if (found && outlasts(status)) {
    response.body?.cancel().catch(() => {});
    return { stored: found.stored, age, source: 'cache' };
  }
  const names = variesBy(response);
  const isSmall = headers.has('content-encoding') || !(Number(headers.get('content-length')) > rules.maxEntryBytes);
  const head = names && isSmall ? freshness.store(asked, storedHead(response, rules.clock())) : undefined;
  const body = flight.share(response);
  // What may not be stored may not be given to others either. A failure is what they all would have got.
  const isShared = names !== undefined && !/\bno-store\b/i.test(headers.get('cache-control') ?? '');
  return { response, body, isShared, saved: head && names && save(own, names, head, body) };
}

/** Asks anew behind the back of whoever got what is stored. */
function refresh({ ...own }: Search, freshness: Freshness, asked: Asked, found: Found, verdict: Verdict): void {
  const flights = flightsOf(own.cache);
  const id = `refresh ${own.id}`;
  if (flights.has(id)) return;
  const flight = new Flight(own.key, (mine) => ask({ ...own, flight: mine }, freshness, asked, found, verdict));
  flights.set(id, flight);
  // Nobody else keeps it in the air.
  const release = flight.hold();
  const end = async (): Promise<void> => {
    try {
      const landing = await flight.landing;
      if ('saved' in landing) await landing.saved;
    } catch (error) {
      own.cache.rules.onError(error);
    }
    flights.delete(id);
    release();
  };
  void end();
}
