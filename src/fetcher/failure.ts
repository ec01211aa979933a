import { isTidewayError, TidewayError } from '../errors/index.ts';
import { broken } from '../http/broken.ts';
import { pathOf } from './fetch-result.ts';
import type { Target } from './redirect.ts';

/** What is asked for, as errors may show it. */
export function whatOf(target: Target | undefined): string {
  return `${target?.method} ${pathOf(target?.url ?? '')}`;
}

/** What a task ends with that was given up: an abort may have any reason. */
export function errorOf(reason: unknown): Error {
  return reason instanceof Error ? reason : new TidewayError('The task was ended', { cause: reason });
}

/** An error of the family, whatever the platform's was, without what is in the secret headers. */
export async function typed(
  error: unknown,
  what: string,
  secretHeaders: readonly string[],
  target: Target | undefined,
): Promise<Error> {
  if (isTidewayError(error)) return error;
  const secrets = new Set(secretHeaders.flatMap((name) => target?.headers.get(name) ?? []));
  return broken(what, error, { requestId: '', secrets });
}
