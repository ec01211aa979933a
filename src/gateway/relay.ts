import { readWhole } from './body.ts';
import { withBreaks } from './broken-body.ts';
import { responseHeaders } from './headers.ts';
import type { GatewaySettings } from './options.ts';
import { Refusal } from './refusal.ts';

/** Statuses that have no body (Fetch standard, section 2.2.3). */
const WITHOUT_BODY: ReadonlySet<number> = new Set([204, 205, 304]);

/** A request that may go on, and what ends it. */
export interface Passage {
  readonly url: string;
  readonly method: string;
  readonly headers: Headers;
  readonly body: BodyInit | null;
  readonly controller: AbortController;
  /** Resolves when the request's body has gone. */
  readonly isSent: Promise<void>;
  readonly tellsTokens: boolean;
}

/**
 * Sends a request on and brings the answer back, both as streams.
 *
 * @throws Refusal where there is no answer that may go back.
 */
export async function relay(passage: Passage, settings: GatewaySettings): Promise<Response> {
  const { method, tellsTokens } = passage;
  const response = await ask(passage, settings);
  const { status } = response;
  if (status === 401) {
    await drop(response);
    // It speaks of the gateway's credential. Passed on it would say that the page's token is bad.
    throw new Refusal(500, "The server refused the gateway's credential");
  }
  // Followed, it could carry the credential elsewhere; passed on, it would tell an address that is not the page's.
  if (response.type === 'opaqueredirect' || (status >= 300 && status < 400 && status !== 304)) {
    await drop(response);
    throw new Refusal(502, 'The server answered with a redirect');
  }
  const headers = responseHeaders(response.headers);
  if (method === 'HEAD' || WITHOUT_BODY.has(status)) {
    await drop(response);
    return new Response(null, { status, headers });
  }
  if (!response.body) return new Response(null, { status, headers });
  if (!tellsTokens) return new Response(withBreaks(response.body, headers.get('content-type')), { status, headers });
  headers.delete('content-length');
  const bytes = await readWhole(response.body, null, settings.maxBodyBytes).catch((error) => {
    settings.onError(error);
    throw new Refusal(502, 'The answer of the server was cut or is too large');
  });
  return new Response(withoutTokens(new TextDecoder().decode(bytes)), { status, headers });
}

async function ask(passage: Passage, settings: GatewaySettings): Promise<Response> {
  const { controller, isSent } = passage;
  const { signal } = controller;
  let isAnswered = false;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = (): void => controller.abort(new Refusal(504, 'The server did not answer in time'));
  isSent.then(() => {
    if (!isAnswered && Number.isFinite(settings.timeout)) timer = setTimeout(late, settings.timeout);
  });
  // Not every `fetch` looks at its signal.
  const isOver = new Promise<never>((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
  try {
    signal.throwIfAborted();
    return await Promise.race([send(passage, settings), isOver]);
  } catch (error) {
    if (signal.aborted && signal.reason instanceof Refusal) throw signal.reason;
    settings.onError(error);
    throw new Refusal(502, 'The server could not be reached');
  } finally {
    isAnswered = true;
    clearTimeout(timer);
    isOver.catch(() => {});
  }
}

async function send({ body, controller, headers, method, url }: Passage, settings: GatewaySettings): Promise<Response> {
  headers.set('authorization', await settings.authorize());
  const init: RequestInit & { readonly duplex: 'half' } = {
    method,
    headers,
    body,
    signal: controller.signal,
    duplex: 'half',
  };
  return settings.send(body instanceof ReadableStream ? streaming(url, init) : manual(url, init));
}

function manual(url: string, init: RequestInit): Request {
  return new Request(url, { ...init, redirect: 'manual' });
}

/**
 * A request whose body is a stream. Where redirects are no error, Node's `fetch` keeps all of the body until the end
 * (Fetch standard, HTTP-network-or-cache fetch: it sends a clone of the request). Workers know no such mode.
 */
function streaming(url: string, init: RequestInit): Request {
  try {
    return new Request(url, { ...init, redirect: 'error' });
  } catch {
    return manual(url, init);
  }
}

async function drop(response: Response): Promise<void> {
  await response.body?.cancel().catch(() => {});
}

/** The tokens of jobs, which `push` and `startjob` hand out, are taken away. */
function withoutTokens(text: string): string {
  return text.replace(/"auth"(\s*):(\s*)"(?:[^"\\]|\\.)*"/g, '"auth"$1:$2null');
}
