import { checkDuration, checkInteger, checkType, expected } from '../errors/index.ts';
import { authorization, type GatewayAuth } from './credential.ts';
import { type Secret, type Signer, signer } from './signature.ts';

/** Milliseconds. */
const DEFAULT_TIMEOUT = 30_000;
/** Milliseconds. */
const DEFAULT_IDLE_TIMEOUT = 60_000;
/** Bytes. */
const DEFAULT_MAX_BODY_BYTES: number = 8 * 1024 * 1024;

/** The options of {@link createGateway}. */
export interface GatewayOptions {
  /** What the gateway signs in with at the server: a key, `user:password`, or a function that returns the header. */
  readonly auth: GatewayAuth;
  /** What tokens are signed with: at least 32 random bytes, the same that `mintToken` is given. */
  readonly secret: Secret;
  /** The origins whose pages may use it, such as `https://app.example`. @default none but its own */
  readonly origins?: readonly string[];
  /** The path that it is mounted at, such as `/api`. @default '' */
  readonly basePath?: string;
  /** The storage API. @default 'https://storage.zyte.com/' */
  readonly endpoint?: string | URL;
  /** The dash API. @default 'https://app.zyte.com/api/' */
  readonly dashEndpoint?: string | URL;
  /** What sends requests on; it is always given a `Request`. @default globalThis.fetch */
  readonly fetch?: (request: Request) => Promise<Response>;
  /** How long the server may take until its headers, in milliseconds, counted from the end of the request. @default 30_000 */
  readonly timeout?: number;
  /** How long either side may let the other wait in the middle of a request's body, in milliseconds. @default 60_000 */
  readonly idleTimeout?: number;
  /** The most bytes of a body that is read to find its projects: commands and forms. Data is not read. @default 8 MiB */
  readonly maxBodyBytes?: number;
  /** Told what kept the server from being asked, which the page is not. */
  readonly onError?: (error: unknown) => void;
  /** The time, in milliseconds since the epoch. @default Date.now */
  readonly clock?: () => number;
}

/** {@link GatewayOptions}, checked, with the defaults filled in. */
export interface GatewaySettings {
  readonly authorize: () => string | Promise<string>;
  readonly signer: Signer;
  readonly origins: readonly string[];
  readonly basePath: string;
  /** Both end in a slash. */
  readonly endpoints: { readonly storage: string; readonly dash: string };
  readonly send: (request: Request) => Promise<Response>;
  readonly timeout: number;
  readonly idleTimeout: number;
  readonly maxBodyBytes: number;
  readonly onError: (error: unknown) => void;
  readonly clock: () => number;
}

/**
 * Checks the options of a gateway.
 *
 * @throws ConfigurationError
 */
export function gatewaySettings(options: GatewayOptions): GatewaySettings {
  if (typeof options !== 'object' || options === null) expected('the options of a gateway to be an object', options);
  const { auth, basePath = '', clock = Date.now, fetch, idleTimeout, maxBodyBytes, onError, timeout } = options;
  const { dashEndpoint = 'https://app.zyte.com/api/', endpoint = 'https://storage.zyte.com/', origins = [] } = options;
  checkType('fetch', fetch, 'function');
  checkType('onError', onError, 'function');
  checkType('clock', clock, 'function');
  checkDuration('timeout', timeout);
  checkDuration('idleTimeout', idleTimeout);
  checkInteger('maxBodyBytes', maxBodyBytes, 1);
  if (typeof basePath !== 'string' || !/^(?:\/[\w.~-]*[\w~-])*$/.test(basePath)) {
    expected('`basePath` to be empty or a path such as `/api`, without a slash at its end', basePath);
  }
  if (!Array.isArray(origins)) expected('`origins` to be a list of origins', origins);
  for (const origin of origins) {
    if (!URL.canParse(origin) || new URL(origin).origin !== origin) {
      expected('`origins` to be a list of origins, such as `https://app.example`', origin);
    }
  }
  return {
    authorize: authorization(auth),
    signer: signer(options.secret),
    origins,
    basePath,
    endpoints: { storage: base('endpoint', endpoint), dash: base('dashEndpoint', dashEndpoint) },
    // The platform's own is looked up late: programs and tests replace it.
    send: fetch ?? ((request) => globalThis.fetch(request)),
    timeout: timeout ?? DEFAULT_TIMEOUT,
    idleTimeout: idleTimeout ?? DEFAULT_IDLE_TIMEOUT,
    maxBodyBytes: maxBodyBytes ?? DEFAULT_MAX_BODY_BYTES,
    onError: (error) => {
      // A listener harms nothing.
      try {
        onError?.(error);
      } catch {}
    },
    clock,
  };
}

function base(name: string, value: string | URL): string {
  const url = URL.canParse(value) ? new URL(value) : undefined;
  if (url && /^https?:$/.test(url.protocol) && !(url.username || url.password || url.search || url.hash)) {
    return url.href.replace(/\/?$/, '/');
  }
  // What came is not shown: it may hold a credential.
  expected(`\`${name}\` to be an http(s) URL without credential, query and fragment`, value, true);
}
