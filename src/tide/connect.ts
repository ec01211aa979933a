import { expected, isTidewayError, TimeoutError } from '../errors/index.ts';
import { bodyOf, expectBody } from '../http/body.ts';
import { broken } from '../http/broken.ts';
import type { Exchange } from '../http/exchange.ts';
import type { BodyReader } from '../http/later/body-reader.ts';
import type { Scope } from '../http/scope.ts';
import type { TideOptions } from './options.ts';

/** Headers whose values no error may show. */
const SECRET_HEADERS = /auth|cookie|key|secret|token/i;
/** Headers that anybody may see: they hold nothing that was meant for one server. */
const OPEN_HEADERS = /^(accept|last-event-id)$/;

/** Sends a request once. Resolves to the body of an answer of 2xx, of which the scope is the life. */
export async function connect<T>(request: Request, options: TideOptions<T>, scope: Scope): Promise<BodyReader> {
  const { fetch = globalThis.fetch, idleTimeout = 90_000, sign, timeout = 30_000 } = options;
  const { method, url } = request;
  const { signal } = scope;
  const path = new URL(url).pathname;
  const secrets = new Set<string>();
  const requestId = Math.random().toString(16).slice(2, 10);
  const exchange: Exchange = { scope, requestId, method, path, idleTimeout, secrets };
  const stop = scope.timer(timeout, () => new TimeoutError(`${method} ${path} was not answered`, 'headers', timeout));
  try {
    // What the user's own code throws comes out as it is.
    const signed = (await scope.race(sign?.(request))) ?? request;
    // Not shown: it may be a credential.
    if (!signed.headers) expected('`sign` to answer with a request or nothing', typeof signed);
    // A redirect could carry what was meant for this server elsewhere.
    let isPlain = !sign && signed.method === 'GET' && signed.redirect === 'follow';
    for (const [name, value] of signed.headers) {
      if (SECRET_HEADERS.test(name)) secrets.add(value);
      isPlain &&= OPEN_HEADERS.test(name);
    }
    const sent = new Request(signed, { signal, redirect: isPlain ? 'follow' : 'manual' });
    const answer = (async () => fetch(sent))().catch(async (error: unknown) => {
      throw signal.aborted || isTidewayError(error)
        ? error
        : await broken(`${method} ${path} got no answer`, error, exchange);
    });
    expectBody();
    const response = await scope.race(answer);
    stop();
    const body = await scope.race(bodyOf(response, exchange));
    return await body.accept(timeout);
  } catch (error) {
    const reason = signal.aborted ? signal.reason : error;
    scope.abort(reason);
    throw reason;
  } finally {
    stop();
  }
}
