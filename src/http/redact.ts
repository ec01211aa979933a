/** What stands in place of something secret. */
const REDACTED = '[redacted]';
/** Shorter secrets are not cut out of text: they would take half of it along. */
const SHORTEST_SECRET = 4;
/** How deep a chain of causes is followed. */
const DEEPEST_CAUSE = 5;

/** Cuts what is secret in headers, and query strings, out of text that others wrote. */
export function redact(text: string, headers: Iterable<string>): string {
  let result = text;
  for (const secret of new Set([...headers].flatMap(forms))) {
    if (secret.length >= SHORTEST_SECRET) result = result.replaceAll(secret, REDACTED);
  }
  // Credentials before a host, and everything behind a question mark that looks like parameters. Each character is
  // looked at once: the text may have been made to keep a slower pattern busy.
  return result.replace(/\/\/[^\s/@"'`]+@/g, `//${REDACTED}@`).replace(/\?[^\s"'`<>?=]*=[^\s"'`<>]*/g, '?…');
}

/** What is secret in a header, as it may stand in text: as it is, in a URL, in JSON. */
function forms(header: string): string[] {
  // The platform takes white space off both ends, too.
  const whole = header.trim();
  const credential = whole.replace(/^\S+\s+/, '');
  const result = [whole, credential];
  try {
    if (/^basic\s/i.test(whole)) {
      const bytes = Uint8Array.from(atob(credential), (character) => character.charCodeAt(0));
      const [, user = '', password] = /^([^:]*):?(.*)$/s.exec(new TextDecoder().decode(bytes)) ?? [];
      result.push((password || user).trim());
    }
  } catch {
    // Not what it says it is.
  }
  return result.flatMap((secret) => {
    const quoted = JSON.stringify(secret).slice(1, -1);
    return [secret, encodeURIComponent(secret), quoted, quoted.replaceAll('/', '\\/')];
  });
}

/**
 * A copy of somebody else's error that is safe to print as a `cause`: name, code, message and stack, redacted. The
 * original may carry the request with its headers, and printers show every field.
 */
export function safeCause(error: unknown, secrets: Iterable<string>, depth: number = 0): unknown {
  if (!(error instanceof Error)) return new Error(redact(String(error), secrets));
  const copy = new Error(redact(error.message, secrets));
  copy.name = redact(error.name, secrets);
  if (error.stack) copy.stack = redact(error.stack, secrets);
  const { code } = error as Error & { code?: unknown };
  if (typeof code === 'string') Object.assign(copy, { code: redact(code, secrets) });
  if (error.cause !== undefined && depth < DEEPEST_CAUSE) copy.cause = safeCause(error.cause, secrets, depth + 1);
  return copy;
}
