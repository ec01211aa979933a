import type { Target } from '../redirect.ts';
import { ConnectionError, isTidewayError, pathOf } from './needs.ts';

/** What is asked for, as errors may show it. */
export function whatOf(target: Target | undefined): string {
  return `${target?.method} ${pathOf(target?.url ?? '')}`;
}

/** An error of the family, whatever the platform's was, without what is in the secret headers. */
export async function typed(
  error: unknown,
  what: string,
  secretHeaders: readonly string[],
  target: Target | undefined,
): Promise<Error> {
  if (isTidewayError(error)) return error;
  const secrets = new Set(secretHeaders.flatMap((name) => target?.headers?.get(name) ?? []));
  // Without the network the code may not be there; then the error says what happened, but not why.
  const cause = await import('../../http/explain.ts')
    .then(({ safeCause }) => safeCause(error, secrets))
    .catch(() => undefined);
  return new ConnectionError(what, { cause });
}
