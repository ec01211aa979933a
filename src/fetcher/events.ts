import { expected } from '../errors/index.ts';
import type { FetchResult } from './fetch-result.ts';

/** What a `Fetcher` tells, and what listeners are given. All durations are milliseconds. */
export interface FetcherEvents {
  /** A redirect is followed. */
  hop: { readonly url: string; readonly from: string; readonly to: string; readonly status: number };
  /** An answer came, whatever its status; also those that are tried again, and redirects. */
  headers: { readonly url: string; readonly requestUrl: string; readonly status: number; readonly headers: Headers };
  /** A task has an answer, whatever its status. */
  success: FetchResult;
  /** A task has none. */
  failure: FetchResult;
  /** After either. */
  done: FetchResult;
  /** Another try will be made. */
  retry: {
    readonly url: string;
    /** The try to come, counted from 1. */
    readonly attempt: number;
    readonly delay: number;
    readonly status: number | undefined;
    readonly error: Error | undefined;
  };
  /** A server asked for rest: nothing goes to the key for so long. */
  throttled: { readonly url: string; readonly key: string; readonly delay: number; readonly status: number };
  /** A request had to wait for its limit, and may go now. */
  limiterMiss: { readonly url: string; readonly key: string; readonly waited: number };
  /** A handler, a listener, a policy or a gate failed. Without a listener such errors go to the console. */
  error: { readonly error: unknown; readonly source: 'handler' | 'listener' | 'policy' | 'limiter' };
}

type Listener = (event: never) => unknown;

const NAMES: ReadonlySet<string> = new Set<keyof FetcherEvents>([
  'hop',
  'headers',
  'success',
  'failure',
  'done',
  'retry',
  'throttled',
  'limiterMiss',
  'error',
]);

/** Listeners by the name of what they listen to. None of them can do harm. */
export class Events {
  readonly #listeners = new Map<string, Set<Listener>>();

  on<Name extends keyof FetcherEvents>(name: Name, listener: (event: FetcherEvents[Name]) => unknown): () => void {
    if (!NAMES.has(name)) expected(`an event to be one of ${[...NAMES].join(', ')}`, name);
    if (typeof listener !== 'function') expected('a listener to be a function', listener);
    const listeners = this.#listeners.get(name) ?? new Set();
    this.#listeners.set(name, listeners.add(listener));
    return () => {
      listeners.delete(listener);
    };
  }

  has(name: keyof FetcherEvents): boolean {
    return (this.#listeners.get(name)?.size ?? 0) > 0;
  }

  emit<Name extends keyof FetcherEvents>(name: Name, event: FetcherEvents[Name]): void {
    const listeners = this.#listeners.get(name);
    if (!listeners) return;
    for (const listener of listeners) {
      const fail = (error: unknown): void => {
        // A listener to errors that fails must not hear of itself for ever.
        if (name === 'error') print(error);
        else this.report(error, 'listener');
      };
      guard(() => listener(event as never), fail);
    }
  }

  /** Tells of an error of the user's own code. */
  report(error: unknown, source: FetcherEvents['error']['source']): void {
    if (this.has('error')) this.emit('error', { error, source });
    else print(error);
  }
}

/** Calls the user's code: what it throws, or rejects with, is handed to `fail`. Answers with a promise if it did. */
export function guard(call: () => unknown, fail: (error: unknown) => void): Promise<unknown> | undefined {
  try {
    const answer = call();
    if (typeof (answer as Promise<unknown> | undefined)?.then !== 'function') return undefined;
    return Promise.resolve(answer as Promise<unknown>).catch(fail);
  } catch (error) {
    fail(error);
    return undefined;
  }
}

function print(error: unknown): void {
  // biome-ignore lint/suspicious/noConsole: an error that nobody listens to must not vanish, nor end the process.
  console.error(error);
}
