import type { Path, RequestOptions } from '../../http/index.ts';
import type { Needs } from './needs.ts';

/**
 * Asks the dash API for a field of its answer. Its own status stands in the body, whatever the HTTP status says.
 *
 * @throws UnauthorizedError, BadRequestError or ApiError also for a refusal with an HTTP status of 200.
 */
export async function askDash<T>(needs: Needs, target: Path, field: string, options: RequestOptions): Promise<T> {
  const answer = await needs.connection.json<Record<string, unknown> | null | undefined>(
    target,
    { ...options, api: 'dash' },
    (given) => {
      if ((given?.status ?? 'ok') === 'ok') return undefined;
      return given?.message === 'Authentication failed' ? 401 : 400;
    },
  );
  const value = answer?.[field];
  if (value === undefined) throw new needs.DecodeError(`\`${field}\` in the JSON of ${target}`, 1, 0);
  return value as T;
}
