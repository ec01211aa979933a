import { apiErrorOf } from '../errors/apiErrorOf.ts';
import { BodyTooLargeError, isTidewayError, loaded, notJson, RedirectError, TimeoutError } from '../errors/index.ts';
import { broken } from './broken.ts';
import type { Exchange } from './exchange.ts';
import type { BodyReader } from './later/body-reader.ts';
import { isBrowser } from './runtime.ts';

/** Begins to load the code that reads answers: beside a request, so that nobody waits for it. */
export function expectBody(): void {
  // Whoever has an answer loads it again, and tells of it.
  import('./later/body-reader.ts').catch(() => {});
}

/**
 * The body of an answer.
 *
 * @throws ConnectionError when the code that reads it cannot be loaded. The exchange has ended then.
 */
export async function bodyOf(response: Response, exchange: Exchange): Promise<BodyReader> {
  try {
    const { BodyReader } = await loaded(import('./later/body-reader.ts'));
    // In the order of their needs.
    return new BodyReader(response, exchange, [
      apiErrorOf,
      BodyTooLargeError,
      broken,
      isBrowser,
      isTidewayError,
      notJson,
      RedirectError,
      TimeoutError,
    ]);
  } catch (error) {
    exchange.scope.abort(error);
    throw error;
  }
}
