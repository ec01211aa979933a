import { ConnectionError } from '../errors/index.ts';
import type { Exchange } from './exchange.ts';

/** The error of an exchange that broke, with a copy of the platform's own error that is safe to print. */
export async function broken(
  what: string,
  error: unknown,
  exchange: Pick<Exchange, 'requestId' | 'secrets'>,
): Promise<ConnectionError> {
  const { requestId, secrets } = exchange;
  // Without the network the code may not be there; then the error says what happened, but not why.
  const cause = await import('./explain.ts').then(({ safeCause }) => safeCause(error, secrets)).catch(() => undefined);
  return new ConnectionError(what, { cause, requestId });
}
