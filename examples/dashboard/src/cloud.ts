import { ScrapyCloud } from 'tideway';
import { cachedFetch, indexedDbCache, type ResponseCache } from 'tideway/cache';
import { NotSignedInError, type Session } from './session.ts';

/** Bytes of one answer, and of all that are kept. */
const MAX_ENTRY_BYTES: number = 256 * 1024 * 1024;
const MAX_BYTES: number = 1024 * 1024 * 1024;

/** Scrapy Cloud through the gateway, with what was read kept in the browser. */
export interface Cloud {
  readonly cloud: ScrapyCloud;
  /** Says that what a job stored changes no more, so that it is read from here when it was read before. */
  readonly settle: (job: string) => void;
  /** Forgets all that was kept. */
  readonly forget: () => Promise<void>;
}

/** `onOffline` is told whether the last answer had to come from what was kept. */
export function openCloud(session: Session, onOffline: (isOffline: boolean) => void): Cloud {
  const settled = new Set<string>();
  const cache = openCache();
  // The token is added below the cache: what is kept is found again with another token, or with none.
  const signed = async (request: Request): Promise<Response> => {
    const headers = new Headers(request.headers);
    headers.set('authorization', `Bearer ${await session.token()}`);
    const answer = await fetch(new Request(request, { headers }));
    onOffline(false);
    return answer;
  };
  const kept = cache && cachedFetch(cache, { fetch: signed });

  const send = async (given: Request): Promise<Response> => {
    // The token is all that counts; and what might depend on a cookie the cache would not keep.
    const request = new Request(given, { credentials: 'omit' });
    if (!kept || request.method !== 'GET') return signed(request);
    const job = /\/storage\/(?:items|logs)\/(\d+\/\d+\/\d+)$/.exec(new URL(request.url).pathname)?.[1];
    if (job) return settled.has(job) ? kept(request) : signed(request);
    try {
      return await kept(new Request(request, { cache: 'reload' }));
    } catch (error) {
      if (request.signal.aborted || error instanceof NotSignedInError) throw error;
      const answer = await kept(new Request(request, { cache: 'force-cache' }));
      onOffline(true);
      return answer;
    }
  };
  const { origin } = location;
  return {
    // Without `auth`: requests are signed by the function above.
    cloud: new ScrapyCloud({
      endpoint: `${origin}/api/storage/`,
      dashEndpoint: `${origin}/api/dash/`,
      fetch: send,
    }),
    settle: (job) => settled.add(job),
    forget: async () => cache?.clear?.(),
  };
}

/** Some browsers have no IndexedDB in private windows: then nothing is kept, and the page works all the same. */
function openCache(): ResponseCache | undefined {
  try {
    const options = { ttl: Number.POSITIVE_INFINITY, maxEntryBytes: MAX_ENTRY_BYTES, maxBytes: MAX_BYTES };
    return indexedDbCache({ name: 'tideway-dashboard', ...options });
  } catch {
    return undefined;
  }
}
