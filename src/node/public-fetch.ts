import { lookup as systemLookup } from 'node:dns';
import type { LookupFunction } from 'node:net';
import { checkType } from '../errors/check.ts';
import { isPrivateNetworkError, PrivateNetworkError } from '../errors/PrivateNetworkError.ts';
import { isPrivateAddress, isPrivateUrl } from '../fetcher/private-network.ts';
import { loadUndici, type UndiciDispatcher } from './load-undici.ts';
import { fetchWith, type NodeFetch } from './undici-fetch.ts';

/** An address that a name leads to. Written out, so that the declarations need none of Node's. */
export interface FoundAddress {
  readonly address: string;
  /** 4 or 6. */
  readonly family: number;
}

/** The options of {@link publicFetch}. */
export interface PublicFetchOptions {
  /** How names are looked up, as `dns.lookup` of Node does with `all: true`. Its answers are checked. @default dns.lookup */
  readonly lookup?: (
    hostname: string,
    options: {
      readonly all: true;
      readonly family?: number | 'IPv4' | 'IPv6';
      readonly hints?: number;
      readonly verbatim?: boolean;
    },
    callback: (error: Error | null, addresses: FoundAddress[]) => void,
  ) => void;
}

/**
 * A `fetch` for Node that goes to public addresses only, for URLs that come from strangers: what a name leads to is
 * checked when the connection is made, so that no name can lead into a private network, nor change its mind in between.
 * The package `undici` (7 or later) is loaded with the first request. It answers as `undiciFetch` does, and rejects with
 * a `PrivateNetworkError`.
 *
 * @throws ConfigurationError, also when undici is not installed (with the first request).
 * @example
 * const fetcher = new Fetcher({ blockPrivateNetworks: true, fetch: publicFetch() });
 */
export function publicFetch(options: PublicFetchOptions = {}): NodeFetch {
  const { lookup = systemLookup } = options;
  checkType('lookup', lookup, 'function');
  let agent: UndiciDispatcher | undefined;
  const load = async (): Promise<UndiciDispatcher> => {
    const { Agent } = await loadUndici();
    agent ??= new Agent({ connect: { lookup: publicLookup(lookup) } });
    return agent;
  };
  const send = fetchWith((url) => {
    // Addresses in a URL are not looked up.
    if (isPrivateUrl(url)) throw new PrivateNetworkError(`${url.origin} is in a private network`);
    return agent ?? load();
  });
  return async (input, init) => {
    try {
      return await send(input, init);
    } catch (error) {
      const { cause } = error as { cause?: unknown };
      throw isPrivateNetworkError(cause) ? cause : error;
    }
  };
}

/** Refuses a name of which any address is private. */
function publicLookup(lookup: NonNullable<PublicFetchOptions['lookup']>): LookupFunction {
  return (hostname, options, callback) => {
    lookup(hostname, { ...options, all: true }, (failure, addresses = []) => {
      const isPrivate = addresses.some(({ address }) => isPrivateAddress(address));
      const error = isPrivate ? new PrivateNetworkError(`${hostname} leads into a private network`) : failure;
      const [first] = addresses;
      if (error || options.all) callback(error, addresses);
      else callback(null, first?.address ?? '', first?.family);
    });
  };
}
