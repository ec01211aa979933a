/**
 * What explains a failure: it works on text alone, and is loaded with the first failure. Most programs, and every page
 * that works, never need it.
 */
import { redact, safeCause } from './redact.ts';
import { parseRetryAfter } from './retry-after.ts';

export { safeCause };

/** The longest explanation of a server that goes into a message, in characters. */
const LONGEST_REASON = 200;

/** What a refusal says of itself, without secrets. */
export interface Explanation {
  /** Milliseconds that the server asks to wait. */
  readonly retryAfter: number | undefined;
  /** Its own words, short. */
  readonly reason: string | undefined;
  /** The body as far as it was read. */
  readonly body: string;
}

/** Takes from an answer what explains it. */
export function explain(text: string, headers: Headers, secrets: Iterable<string>): Explanation {
  const retryAfter = parseRetryAfter(headers.get('retry-after'));
  const reason = redact(reasonOf(text) ?? '', secrets).slice(0, LONGEST_REASON) || undefined;
  return { retryAfter, reason, body: redact(text, secrets) };
}

/** The server's own words: `message`, `error` or the first complaint of a JSON object, else a first line of text. */
function reasonOf(text: string): string | undefined {
  let reason: unknown = text.trimStart().split(/[\r\n]/, 1)[0];
  try {
    const { message, error, non_field_errors: complaints } = JSON.parse(text);
    reason = message ?? error ?? complaints?.[0];
  } catch {
    // A page of HTML, as proxies answer, explains nothing in its first line.
    if (/^\s*</.test(text)) return undefined;
  }
  return typeof reason === 'string' ? reason.trim() : undefined;
}
