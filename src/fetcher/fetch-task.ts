import { expected } from '../errors/index.ts';
import { checkOptions } from './checks.ts';
import type { FetchInit } from './fetch-init.ts';
import type { FetchResult } from './fetch-result.ts';
import { headersOf, joined } from './headers.ts';

/** A task as plain data. */
export interface StoredTask {
  readonly url: string;
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly priority?: number;
  readonly data?: unknown;
  /** The name of its class. */
  readonly type?: string;
}

/** What a hook can do about its task, beside looking on. */
export interface HookContext {
  /** Has the fetcher take another URL or task. Its result goes to the task's own hooks. */
  enqueue(target: string | URL | FetchTask, init?: FetchInit): void;
  /** Sends the task again, with these changes; counts as a redirect. The answer at hand is dropped. */
  retryWith(init?: FetchInit): void;
  /** Goes on at another URL, as if the server had said so. The answer at hand is dropped. */
  redirectTo(url: string | URL): void;
  /** Reads no body: the task is a success with `result.skipped`. For `onStatus` and `onHeaders`. */
  skip(): void;
}

/** What a task has without what its class says, where that says anything: a queue may hold a million tasks. */
const OWN: WeakMap<FetchTask, FetchInit> = /* @__PURE__ */ new WeakMap();

/**
 * A URL to be fetched, and how. A class of your own that extends it may have any of the hooks; all may be async, and are
 * awaited. What a hook throws becomes the error of the result, and harms nothing else.
 *
 * For every request `onUrl`, `onStatus` and `onHeaders`, redirects included; at the end one of `onSuccess` and
 * `onError`, then `onDone`.
 *
 * @throws ConfigurationError for options that cannot work. A URL that cannot work is the error of its result.
 */
export class FetchTask {
  /** What all tasks of a class have, unless they say otherwise themselves. Headers are joined. */
  declare static readonly defaults?: FetchInit;
  /** The name by which `taskTypes` of `tideway/crawl` knows a class, in stored tasks. */
  declare static readonly type?: string;
  /** As it was given. */
  readonly url: string;
  readonly init: FetchInit | undefined;
  /** Higher goes first. */
  readonly priority: number;
  /** The fetcher's own notes, from when it took the task. A task is fetched once. */
  ticket: { readonly isQueued: boolean } | undefined = undefined;

  constructor(url: string | URL, init?: FetchInit) {
    this.url =
      typeof url === 'string' ? url : url instanceof URL ? url.href : expected('a URL to be text or a `URL`', url);
    if (init !== undefined) checkInit(init);
    const { defaults } = new.target;
    if (defaults) OWN.set(this, init ?? {});
    this.init = defaults ? withDefaults(init, defaults) : init;
    this.priority = this.init?.priority ?? 0;
  }

  /** Whether it is still to be given out by the policy that has it. */
  get isWaiting(): boolean {
    return this.ticket?.isQueued === true;
  }

  /**
   * What is to be stored of it: plain data, and the name of its class where it has one. What its class says is not part
   * of it, nor what only this process can use, such as a signal.
   *
   * @throws ConfigurationError for a body that is no text.
   */
  toJSON(): StoredTask {
    const { body, data, headers, method, priority } = OWN.get(this) ?? this.init ?? {};
    const { type } = this.constructor as typeof FetchTask;
    if (typeof (body ?? '') !== 'string') expected('a task that is stored to have a `body` of text', body);
    return {
      url: this.url,
      ...(method !== undefined && { method }),
      ...(headers && { headers: Object.fromEntries(headersOf(headers)) }),
      ...(typeof body === 'string' && { body }),
      ...(priority && { priority }),
      ...(data !== undefined && { data }),
      ...(type !== undefined && { type }),
    };
  }

  /** A request is about to be sent to this URL. */
  onUrl?(url: string, context: HookContext): unknown;
  /** An answer came: its status, and the text beside it, where the protocol has one. */
  onStatus?(status: number, text: string, context: HookContext): unknown;
  /** Its headers: names in lower case, with every value. `'skip'` is the same as `context.skip()`. */
  onHeaders?(headers: Readonly<Record<string, readonly string[]>>, context: HookContext): unknown;
  /** It has an answer, whatever the status. */
  onSuccess?(result: FetchResult, context: HookContext): unknown;
  /** It has none. */
  onError?(error: Error, context: HookContext): unknown;
  /** Called last, once. */
  onDone?(result: FetchResult, context: HookContext): unknown;
}

function withDefaults(init: FetchInit = {}, defaults: FetchInit): FetchInit {
  checkInit(defaults);
  const headers = joined(headersOf(init.headers ?? []), defaults.headers);
  return { ...defaults, ...init, ...((init.headers || defaults.headers) && { headers }) };
}

function checkInit(init: FetchInit): void {
  checkOptions(init, '`init`');
  const { priority = 0 } = init;
  if (Number(priority) !== priority) expected('`priority` to be a number', priority);
}
