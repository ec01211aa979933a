import { apiErrorOf } from '../errors/apiErrorOf.ts';
import { type ApiError, RedirectError, type TidewayError } from '../errors/index.ts';
import { BodyReader } from './body-reader.ts';
import type { Exchange } from './exchange.ts';
import { readText } from './read-text.ts';

/** The most of an error's body that is kept, in bytes. */
const ERROR_BODY_BYTES = 64 * 1024;

/**
 * The error that belongs to an answer which is no success. Its body is read in the scope of the exchange given here,
 * which ends with it: a body that breaks, or takes too long, hides no status.
 */
export async function refusal(response: Response, exchange: Exchange): Promise<TidewayError> {
  const { method, path, scope } = exchange;
  const { headers, status, type } = response;
  const body = new BodyReader(response, exchange);
  const location = headers.get('location');
  // Browsers hide where a redirect leads, and even its status.
  if (type === 'opaqueredirect' || (status >= 300 && status < 400 && location)) {
    body.cancel();
    // A relative location stays on the host.
    const target = location && URL.canParse(location) ? new URL(location).origin : undefined;
    const where = target ? ` to ${target}` : '';
    return new RedirectError(`${method} ${path} answered with a redirect${where}, which was not followed`, target);
  }
  const text = await readText(body, ERROR_BODY_BYTES).catch(() => '');
  scope.end();
  return explained(status, text, headers, exchange);
}

/** The error of a refusal with this status, as far as its text explains it. */
export async function explained(
  status: number,
  text: string,
  headers: Headers,
  { method, path, requestId, secrets }: Exchange,
): Promise<ApiError> {
  // A page whose network went away cannot load what explains the answer; the status says what matters.
  const { explain } = await import('./explain.ts').catch(() => ({ explain: undefined }));
  return apiErrorOf({
    status,
    method,
    path,
    requestId,
    ...explain?.(text.slice(0, ERROR_BODY_BYTES), headers, secrets),
  });
}
