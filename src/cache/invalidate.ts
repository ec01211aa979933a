import { keysOf } from './cache-key.ts';
import type { CacheRequest } from './cache-request.ts';
import { flightsOf } from './flight.ts';
import type { ResponseCache } from './response-cache.ts';

/**
 * Forgets what an unsafe request has changed: what is stored for its URL, and for the places on the same origin that the
 * answer names (RFC 9111, section 4.4). What is on its way to the store does not get there.
 */
export async function invalidate(cache: ResponseCache, request: CacheRequest, response: Response): Promise<void> {
  const { rules } = cache;
  const { headers, status } = response;
  // Of a redirect that a browser hides nobody knows the status.
  if (status !== 0 && !(status >= 200 && status < 400)) return;
  try {
    const { href, origin } = new URL(request.url);
    const urls = new Set([href]);
    for (const place of [headers.get('location'), headers.get('content-location')]) {
      if (place === null || !URL.canParse(place, href)) continue;
      const url = new URL(place, href);
      if (url.origin === origin) urls.add(url.href);
    }
    const keys = (await Promise.all([...urls].map((url) => keysOf(url, request, rules)))).flat();
    for (const flight of flightsOf(cache).values()) if (keys.includes(flight.key)) flight.isVoid = true;
    await Promise.all(keys.map((key) => cache.delete(key)));
  } catch (error) {
    rules.onError(error);
  }
}
