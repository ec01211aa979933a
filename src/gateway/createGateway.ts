import { readWhole, watched } from './body.ts';
import { corsHeaders, isPreflight, preflight } from './cors.ts';
import { requestHeaders } from './headers.ts';
import { inspectBody } from './inspected-body.ts';
import { allowsMethod } from './methods.ts';
import { checkProjects, NamedProjects } from './named-projects.ts';
import { type GatewayOptions, type GatewaySettings, gatewaySettings } from './options.ts';
import { Refusal, refusalResponse } from './refusal.ts';
import { type Passage, relay } from './relay.ts';
import { type Target, targetOf } from './target.ts';
import { readToken, type TokenClaims } from './token.ts';

/** A server's part that pages speak to instead of Scrapy Cloud. */
export interface Gateway {
  /**
   * Answers a request. It never rejects, and it is bound: `Deno.serve(gateway.fetch)` and `export default { fetch }`
   * work.
   */
  readonly fetch: (request: Request) => Promise<Response>;
}

/**
 * Makes a gateway: it keeps the key, and passes on what the token of a page allows. `<basePath>/storage/…` is the
 * storage API, `<basePath>/dash/…` the dash API. Every project that a request names must be one of the token's, and a
 * request whose project cannot be told is refused. Bodies stream both ways; cookies and credentials pass in neither.
 *
 * @throws ConfigurationError
 * @example
 * const gateway = createGateway({ auth: 'APIKEY', secret, origins: ['https://app.example'], basePath: '/api' });
 * export default { fetch: gateway.fetch };
 */
export function createGateway(options: GatewayOptions): Gateway {
  const settings = gatewaySettings(options);
  return { fetch: (request) => answer(request, settings) };
}

async function answer(request: Request, settings: GatewaySettings): Promise<Response> {
  let cors: Readonly<Record<string, string>> = {};
  let response: Response;
  try {
    cors = corsHeaders(request, settings.origins);
    if (isPreflight(request)) return preflight(cors);
    response = await pass(request, settings);
  } catch (error) {
    if (!(error instanceof Refusal)) settings.onError(error);
    response = refusalResponse(error instanceof Refusal ? error : new Refusal(500, 'The gateway failed'));
  }
  for (const [name, value] of Object.entries(cors)) response.headers.set(name, value);
  return response;
}

async function pass(request: Request, settings: GatewaySettings): Promise<Response> {
  const { basePath, endpoints, signer, clock } = settings;
  const { pathname, searchParams } = new URL(request.url);
  if (!pathname.startsWith(`${basePath}/`)) throw new Refusal(404, 'There is nothing at this path');
  // Who is unknown learns nothing about paths.
  const [, token = ''] = /^Bearer +(\S+)$/i.exec(request.headers.get('authorization') ?? '') ?? [];
  const claims = await readToken(token, signer, clock());
  if (!claims) throw new Refusal(401, 'The token is missing, forged or expired');
  if (!allowsMethod(claims.methods, request.method)) throw new Refusal(403, 'The token does not allow the method');
  const target = targetOf(pathname.slice(basePath.length));
  // Written anew below, so that the server reads it as it was read here.
  searchParams.delete('apikey');
  if (searchParams.getAll('jobmeta').includes('auth')) throw new Refusal(403, 'Credentials of jobs are not told');
  const query = searchParams.toString();
  const url = `${endpoints[target.api]}${target.path}${query && `?${query}`}`;
  const controller = new AbortController();
  const leave = (): void => controller.abort(request.signal.reason);
  if (request.signal.aborted) leave();
  // Also ends the body of an answer that is on its way, when the client leaves.
  else request.signal.addEventListener('abort', leave, { once: true });
  const body = await admit(request, searchParams, target, claims, settings, controller);
  const { method } = request;
  return relay({ url, method, controller, tellsTokens: target.tellsTokens, ...body }, settings);
}

/** Checks the projects that a request names, and prepares what goes on. */
async function admit(
  request: Request,
  query: URLSearchParams,
  target: Target,
  { projects }: TokenClaims,
  { idleTimeout, maxBodyBytes }: GatewaySettings,
  controller: AbortController,
): Promise<Pick<Passage, 'headers' | 'body' | 'isSent'>> {
  const named = new NamedProjects();
  named.addPath(target);
  named.addParameters(query, target);
  const headers = requestHeaders(request.headers);
  const isSent = Promise.resolve();
  if (!request.body) {
    checkProjects(named.all, projects);
    return { headers, body: null, isSent };
  }
  let hasGone: () => void = () => {};
  const gone = new Promise<void>((resolve) => {
    hasGone = resolve;
  });
  const body = watched(request.body, idleTimeout, {
    onIdle: () => controller.abort(new Refusal(408, 'The body of the request came to a halt')),
    onStall: () => controller.abort(new Refusal(504, 'The server did not take the body in time')),
    onEnd: hasGone,
  });
  if (target.body === 'data') {
    checkProjects(named.all, projects);
    return { headers, body, isSent: gone };
  }
  const bytes = await readWhole(body, headers.get('content-encoding'), maxBodyBytes).catch((error) => {
    throw controller.signal.aborted ? controller.signal.reason : error;
  });
  if (controller.signal.aborted) throw controller.signal.reason;
  headers.delete('content-encoding');
  if (bytes.length === 0) {
    checkProjects(named.all, projects);
    return { headers, body: null, isSent };
  }
  const inspected = await inspectBody(bytes, headers.get('content-type'), target, named);
  checkProjects(named.all, projects);
  if (inspected.type === null) headers.delete('content-type');
  else if (inspected.type) headers.set('content-type', inspected.type);
  return { headers, body: inspected.body, isSent };
}
