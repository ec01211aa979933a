import type { PolicyContext } from '../fetcher/fetch-policy.ts';
import { askedRest } from '../fetcher/rate-limit.ts';
import { isRedirect } from '../fetcher/redirect.ts';
import { isBrowser } from '../http/runtime.ts';
import { MAX_ROBOTS_BYTES, parseRobots, type Robots } from './robots.ts';
import { encodingOf } from './text-encoding.ts';

/** How long a server may take for it, and be silent, in milliseconds. */
const TIMEOUT = 15_000;
/** The shortest time that one is kept, whatever its server says: many say nothing sensible, in milliseconds. */
const SHORTEST = 10 * 60_000;

/** What came of a request for a robots.txt, or why nothing did. */
export interface RobotsAnswer {
  readonly status: number | undefined;
  /** What it says; undefined where there is none. */
  readonly robots?: Robots;
  readonly text?: string | undefined;
  readonly error?: Error;
  /** Where it leads, if it is a redirect. */
  readonly location?: string;
  /** Milliseconds for which its server lets it be kept; undefined where it does not say. */
  readonly keep?: number | undefined;
  /** Milliseconds of rest that its server asks for. */
  readonly rest?: number | undefined;
}

/** Asks once for a robots.txt. Never rejects. */
export async function fetchRobots(context: PolicyContext, url: URL, userAgent: string): Promise<RobotsAnswer> {
  try {
    const result = await context.fetch(url.href, {
      headers: { 'user-agent': userAgent },
      // Browsers hide where redirects lead: there the platform must follow them.
      redirect: isBrowser() ? 'follow' : 'manual',
      retry: false,
      stream: true,
      timeout: TIMEOUT,
      idleTimeout: TIMEOUT,
      deadline: 4 * TIMEOUT,
    });
    const { body, error, headers, ok, status } = result;
    if (error) return { status, error };
    if (!ok) {
      await body?.cancel();
      const answer = { status: status as number, headers };
      if (isRedirect(answer)) return { status, location: headers.get('location') as string };
      return { status, rest: askedRest(answer) };
    }
    const bytes = body ? await beginning(body) : new Uint8Array();
    const text = new TextDecoder(encodingOf(bytes)).decode(bytes);
    const age = /(?:^|[,\s])max-age=(\d+)/i.exec(headers.get('cache-control') ?? '')?.[1];
    const keep = age === undefined ? undefined : Math.max(SHORTEST, Number(age) * 1000);
    return { status, robots: parseRobots(text, userAgent), text, keep };
  } catch (error) {
    return { status: undefined, error: error instanceof Error ? error : new Error(String(error)) };
  }
}

/** As much of a body as counts. */
async function beginning(body: ReadableStream<Uint8Array<ArrayBuffer>>): Promise<Uint8Array> {
  const reader = body.getReader();
  const chunks: Uint8Array[] = [];
  let size = 0;
  let isCut = false;
  while (!isCut) {
    const { done, value } = await reader.read();
    if (done) break;
    chunks.push(value);
    size += value.length;
    isCut = size > MAX_ROBOTS_BYTES;
  }
  if (isCut) await reader.cancel();
  const bytes = joined(chunks, size).subarray(0, MAX_ROBOTS_BYTES);
  // Half a line would be another rule.
  return isCut ? bytes.subarray(0, Math.max(bytes.lastIndexOf(0x0a), bytes.lastIndexOf(0x0d), 0)) : bytes;
}

function joined(chunks: readonly Uint8Array[], size: number): Uint8Array {
  const [only] = chunks;
  if (only && chunks.length === 1) return only;
  const bytes = new Uint8Array(size);
  let at = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, at);
    at += chunk.length;
  }
  return bytes;
}
