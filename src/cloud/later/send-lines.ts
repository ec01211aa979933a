import type { CallOptions, Path } from '../../http/index.ts';
import type { CommandNeeds } from './command-needs.ts';
import { encodeLine } from './encode-line.ts';
import { unsaved } from './unsaved.ts';

/** How much goes into one request: lines, and characters of them. */
const LINES_A_REQUEST = 1_000;
const CHARACTERS_A_REQUEST = 4 * 1024 * 1024;
/** The largest line that the server takes, in bytes. */
const MAX_LINE_BYTES = 1024 * 1024;

/** Removes what these texts name, many in several requests. */
export async function removeLines(
  needs: CommandNeeds,
  path: Path,
  name: string,
  texts: readonly string[],
  options: CallOptions,
): Promise<void> {
  for (const text of texts) needs.checkText(name, text);
  await sendLines(needs, path, texts, options);
}

/**
 * Sends values as lines of JSON, in as many requests as they need, one after the other; none is no request. They may be
 * repeated unless `idempotent` is false. Where they are `records`, a request that fails behind others hands back what
 * was not stored.
 */
export async function sendLines(
  needs: CommandNeeds,
  path: Path,
  values: readonly unknown[],
  options: CallOptions & { readonly idempotent?: boolean },
  records: boolean = false,
): Promise<void> {
  const { connection } = needs;
  if (values.length === 0) return;
  // All of them before anything is sent: a bad one leaves nothing half done.
  const lines = values.map((value) => `${encodeLine(value, path, MAX_LINE_BYTES, needs)}\n`);
  const scope = connection.scope(`POST ${path}`, options);
  const call = { ...options, signal: scope.signal, deadline: Number.POSITIVE_INFINITY };
  try {
    for (let at = 0; at < lines.length; ) {
      let body = lines[at] as string;
      let end = at + 1;
      for (; end < lines.length && end < at + LINES_A_REQUEST; end++) {
        const line = lines[end] as string;
        if (body.length + line.length > CHARACTERS_A_REQUEST) break;
        body += line;
      }
      try {
        // The answer is empty: a page of somebody else's instead of it shows, as it is no JSON.
        await connection.json(path, { idempotent: true, ...call, method: 'POST', body });
      } catch (error) {
        if (at === 0 || scope.signal.aborted || !records) throw error;
        throw unsaved(needs, `POST ${path}`, values.slice(at), at, error);
      }
      at = end;
    }
  } finally {
    scope.end();
  }
}
