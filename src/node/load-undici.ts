import type { LookupFunction } from 'node:net';
import { ConfigurationError } from '../errors/ConfigurationError.ts';

/** What sends requests in undici: an `Agent`, a `Pool`, a `ProxyAgent`. */
export interface UndiciDispatcher {
  // Each version of undici has options and handlers of its own. As a method it takes all of theirs.
  /** Sends a request, as undici has it. */
  dispatch(options: object, handler: object): boolean;
}

/** What a `ProxyAgent` is told. */
export interface ProxyOptions {
  readonly uri: string;
  readonly token?: string;
  readonly proxyTunnel: boolean;
}

/** What an `Agent` is told. */
export interface AgentOptions {
  readonly connect: { readonly lookup: LookupFunction };
}

/** As much of the package as is used. */
export interface Undici {
  readonly Agent: new (options?: AgentOptions) => UndiciDispatcher;
  readonly ProxyAgent: new (options: ProxyOptions) => UndiciDispatcher;
}

let loading: Promise<Undici> | undefined;

/**
 * The package `undici`, which is installed by those who use it.
 *
 * @throws ConfigurationError when it is not installed.
 */
export async function loadUndici(): Promise<Undici> {
  loading ??= import('undici');
  try {
    return await loading;
  } catch (cause) {
    loading = undefined;
    throw new ConfigurationError('Expected the package `undici` to be installed: `npm install undici`', { cause });
  }
}
