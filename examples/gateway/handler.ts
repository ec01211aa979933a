// Signs a page in, gives it short-lived tokens, and passes on what they allow. One `fetch` handler: the other files of
// this folder only start it, in Node, Deno, Bun and Cloudflare Workers.
import { createGateway, mintToken, verifyToken } from 'tideway/gateway';

/** Settings, from the environment. The key and the secrets never leave the server. */
export interface Environment {
  /** The API key. */
  readonly SH_APIKEY: string;
  /** At least 32 random bytes: `openssl rand -base64 32`. */
  readonly TOKEN_SECRET: string;
  /** What users sign in with. A real site has users of its own; all that matters is that it knows who asks. */
  readonly PASSWORD: string;
  /** The projects that whoever is signed in may see and run, such as `123,456`. */
  readonly PROJECTS: string;
  /** Origins of pages that are served from elsewhere, separated by commas. */
  readonly ORIGINS?: string;
  /** Other hosts than those of Scrapy Cloud, such as an emulator. */
  readonly STORAGE_ENDPOINT?: string;
  readonly DASH_ENDPOINT?: string;
}

/** How long a token is good: as short as pages can bear, since it cannot be called back. */
const TOKEN_LIFE = 300_000;
/** How long a browser stays signed in: eight hours. */
const SESSION_LIFE = 28_800_000;
/** Bytes of a sign-in, and more than any needs. */
const MAX_SIGN_IN = 4096;
const COOKIE = 'tideway_session';

/** Makes the handler: `/session` signs in and out, `/api/storage/…` and `/api/dash/…` are the gateway. */
export function createHandler(environment: Environment): (request: Request) => Promise<Response> {
  const { DASH_ENDPOINT, ORIGINS = '', PASSWORD, PROJECTS, SH_APIKEY, STORAGE_ENDPOINT, TOKEN_SECRET } = environment;
  if (!PASSWORD || !PROJECTS) throw new Error('Expected PASSWORD and PROJECTS in the environment');
  const projects = PROJECTS.split(',').map(Number);
  const origins = ORIGINS.split(',').filter((origin) => origin !== '');
  // Another secret than that of tokens: a cookie is none, and a token no cookie.
  const sessions = `session ${TOKEN_SECRET}`;
  const gateway = createGateway({
    auth: SH_APIKEY,
    secret: TOKEN_SECRET,
    origins,
    basePath: '/api',
    endpoint: STORAGE_ENDPOINT,
    dashEndpoint: DASH_ENDPOINT,
    onError: (error) => console.error(error),
  });

  async function signIn(request: Request): Promise<Response> {
    // A page of another site can neither read the answer nor use the cookie, but it shall not try passwords either.
    const origin = request.headers.get('origin');
    if (origin !== null && origin !== new URL(request.url).origin) return say(403, 'Another site cannot sign in');
    if (request.method === 'DELETE') return say(200, 'Signed out', { 'set-cookie': cookie('', 0) });
    if (request.method !== 'POST') return say(405, 'Expected POST or DELETE', { allow: 'POST, DELETE' });
    const isKnown = (await hasSession(request)) || (await knowsPassword(request));
    if (!isKnown) return say(401, 'The password is wrong');
    const token = await mintToken({ secret: TOKEN_SECRET, projects, methods: ['GET', 'POST'], expiresIn: TOKEN_LIFE });
    const session = await mintToken({ secret: sessions, projects, expiresIn: SESSION_LIFE });
    const headers = { 'cache-control': 'no-store', 'set-cookie': cookie(session, SESSION_LIFE / 1000) };
    return Response.json({ token, expiresIn: TOKEN_LIFE, projects }, { headers });
  }

  async function hasSession(request: Request): Promise<boolean> {
    const [, session] = new RegExp(`(?:^|; )${COOKIE}=([^;]+)`).exec(request.headers.get('cookie') ?? '') ?? [];
    return session !== undefined && (await verifyToken(session, { secret: sessions })) !== undefined;
  }

  async function knowsPassword(request: Request): Promise<boolean> {
    const length = Number(request.headers.get('content-length') ?? Number.NaN);
    if (!(length > 0 && length <= MAX_SIGN_IN)) return false;
    const { password } = await request.json().catch(() => ({}));
    // Hashes are compared, so that the time it takes tells nothing of the password.
    return typeof password === 'string' && (await hash(password)) === (await hash(PASSWORD));
  }

  return async (request) => {
    const { pathname } = new URL(request.url);
    if (pathname.startsWith('/api/')) return gateway.fetch(request);
    if (pathname === '/session') return signIn(request);
    return say(404, 'There is nothing at this path');
  };
}

function say(status: number, message: string, headers: Readonly<Record<string, string>> = {}): Response {
  return Response.json({ message }, { status, headers: { 'cache-control': 'no-store', ...headers } });
}

/** No script can read it, and no other site can have it sent. Browsers take `Secure` of 127.0.0.1 over plain HTTP, too. */
function cookie(value: string, seconds: number): string {
  return `${COOKIE}=${value}; Path=/session; Max-Age=${seconds}; HttpOnly; SameSite=Strict; Secure`;
}

async function hash(text: string): Promise<string> {
  return new Uint8Array(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text))).join();
}
