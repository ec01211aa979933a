import { checkType, expected } from '../errors/check.ts';
import { loadUndici, type ProxyOptions, type UndiciDispatcher } from './load-undici.ts';
import { isDirect } from './no-proxy.ts';
import { fetchWith, type NodeFetch } from './undici-fetch.ts';

/** The options of {@link proxyFetch}. What is left out is taken from the environment. */
export interface ProxyFetchOptions {
  /**
   * The proxy for all requests, `http://user:password@host:port`. @default `HTTPS_PROXY` for https, `HTTP_PROXY` for
   * http, else `ALL_PROXY`, in small letters first; without any of them requests go out directly
   */
  readonly proxy?: string | URL;
  /** Hosts that are asked directly: `example.com` (and all below it), `10.0.0.1`, `host:8080`, `*`. @default `NO_PROXY` */
  readonly noProxy?: string | readonly string[];
  /** @default process.env */
  readonly env?: Readonly<Record<string, string | undefined>>;
}

/**
 * A `fetch` for Node that goes through an HTTP proxy: plain requests are handed to it, https goes through a tunnel
 * (CONNECT), so that the proxy sees nothing of it. Redirects are routed anew. The package `undici` (7 or later) is
 * loaded with the first request. It answers and rejects as `undiciFetch` does; no message shows the proxy's credentials.
 *
 * @throws ConfigurationError, also when undici is not installed (with the first request).
 * @example
 * const cloud = new ScrapyCloud({ auth, fetch: proxyFetch({ proxy: 'http://proxy.example:3128' }) });
 */
export function proxyFetch(options: ProxyFetchOptions = {}): NodeFetch {
  const { env = process.env, noProxy, proxy } = options;
  checkType('env', env, 'object');
  const fromEnv = (name: string): string | undefined => env[name.toLowerCase()] || env[name] || undefined;
  const any = fromEnv('ALL_PROXY');
  const http = proxyUrl('proxy', proxy) ?? proxyUrl('HTTP_PROXY', fromEnv('HTTP_PROXY') ?? any);
  const https = proxyUrl('proxy', proxy) ?? proxyUrl('HTTPS_PROXY', fromEnv('HTTPS_PROXY') ?? any);
  const direct = hostList(noProxy) ?? fromEnv('NO_PROXY') ?? '';
  /** One for each proxy, and one for no proxy. */
  const dispatchers = new Map<string, UndiciDispatcher>();
  return fetchWith(async (url) => {
    const { Agent, ProxyAgent } = await loadUndici();
    const through = isDirect(url, direct) ? undefined : url.protocol === 'https:' ? https : http;
    const key = through?.href ?? '';
    const known = dispatchers.get(key);
    if (known) return known;
    const made = through ? new ProxyAgent(agentOptions(through)) : new Agent();
    dispatchers.set(key, made);
    return made;
  });
}

function agentOptions(proxy: URL): ProxyOptions {
  const { origin: uri, password, username } = proxy;
  const credential = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  const token = username || password ? `Basic ${Buffer.from(credential).toString('base64')}` : undefined;
  // A tunnel for what is not encrypted is more than most proxies allow.
  return { uri, proxyTunnel: false, ...(token && { token }) };
}

/** Nothing of what came is shown: there may be credentials in it. */
function proxyUrl(name: string, value: unknown): URL | undefined {
  if (value === undefined) return undefined;
  const isText = typeof value === 'string' || value instanceof URL;
  // What most programs take without a scheme, too.
  const text = typeof value === 'string' && /^[^/]+:\d+$/.test(value) ? `http://${value}` : value;
  const url = isText && URL.canParse(text as string) ? new URL(text as string) : undefined;
  if (url && /^https?:$/.test(url.protocol) && url.hostname !== '') {
    try {
      decodeURIComponent(url.username + url.password);
      return url;
    } catch {}
  }
  return expected(`\`${name}\` to be the URL of an http or https proxy`, typeof value);
}

function hostList(value: unknown): string | undefined {
  if (value === undefined || typeof value === 'string') return value;
  if (Array.isArray(value) && value.every((host) => typeof host === 'string')) return value.join();
  return expected('`noProxy` to be text or a list of hosts', value);
}
