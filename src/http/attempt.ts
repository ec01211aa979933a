import { expected, isTidewayError, TimeoutError } from '../errors/index.ts';
import { bodyOf } from './body.ts';
import { broken } from './broken.ts';
import type { AuthContext } from './credentials.ts';
import type { Exchange } from './exchange.ts';
import type { ConnectionOptions } from './options.ts';
import { Scope } from './scope.ts';

/** What all tries of one request have in common. */
export interface Attempts extends Exchange {
  /** The user's own parts of the connection. */
  readonly own: Pick<ConnectionOptions, 'fetch' | 'hooks' | 'logger'>;
  readonly authorize: (context: AuthContext) => string | undefined | Promise<string | undefined>;
  /** Milliseconds until the headers. */
  readonly timeout: number;
}

/** Sends a request once. Resolves to an answer of 2xx whose body is unread; everything else is a typed error. */
export async function sendOnce(request: Request, attempt: number, exchange: Attempts): Promise<Response> {
  const { method, path, requestId, timeout } = exchange;
  const { fetch = globalThis.fetch, hooks, logger } = exchange.own;
  // Lives as long as the exchange when the try succeeds: its signal is the one that ends the body.
  const scope = new Scope(exchange.scope.signal);
  const { signal } = scope;
  const stop = scope.timer(timeout, () => new TimeoutError(`${method} ${path} was not answered`, 'headers', timeout));
  const started = performance.now();
  const log = (level: 'debug' | 'warn', outcome: unknown): void =>
    logger?.[level](
      `${method} ${path} ${outcome} in ${Math.round(performance.now() - started)} ms (try ${attempt}, id ${requestId})`,
    );
  // What the user's own code throws ends the request and comes out as it is: ky would try again, or wrap it.
  const own = async <T>(call: () => T | Promise<T>): Promise<T> => {
    try {
      return await scope.race(call());
    } catch (error) {
      if (!signal.aborted) exchange.scope.abort(error);
      throw error;
    }
  };
  let response: Response | undefined;
  try {
    await own(() => sign(request, attempt, exchange));
    const replaced = await own(() => hooks?.beforeRequest?.({ requestId, attempt, request }));
    // Also of the request that a hook made: no redirect is followed.
    const sent = new Request(replaced ?? request, { signal, redirect: 'manual' });
    const answer = (async () => fetch(sent))().catch(async (error: unknown) => {
      throw signal.aborted || isTidewayError(error)
        ? error
        : await broken(`${method} ${path} got no answer`, error, exchange);
    });
    response = await scope.race(answer);
    stop();
    const { ok, status } = response;
    log(ok ? 'debug' : 'warn', status);
    await own(() => hooks?.afterResponse?.({ requestId, attempt, request: sent, response: response as Response }));
    if (ok) return response;
    return (await (await bodyOf(response, exchange)).accept(timeout)).response;
  } catch (error) {
    const reason = signal.aborted ? signal.reason : error;
    if (!response) log('warn', isTidewayError(reason) ? reason.code : 'ended');
    scope.abort(reason);
    throw reason;
  } finally {
    stop();
  }
}

async function sign(request: Request, attempt: number, { authorize, method, secrets }: Attempts): Promise<void> {
  const header: unknown = await authorize({ method, url: new URL(request.url), attempt });
  if (header === undefined) return;
  try {
    if (typeof header !== 'string') throw header;
    secrets.add(header);
    request.headers.set('authorization', header);
  } catch {
    // The platform's own error shows the value.
    return expected('`auth` to return a header of printable text', typeof header);
  }
}
