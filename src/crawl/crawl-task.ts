import { ConfigurationError, TidewayError } from '../errors/index.ts';
import type { FetchResult } from '../fetcher/fetch-result.ts';
import { FetchTask, type HookContext } from '../fetcher/fetch-task.ts';
import { bounded } from './bounded.ts';
import type { FrontierInput, FrontierTask } from './frontier-task.ts';

/** What a {@link CrawlTask} asks. */
export interface CrawlFilter {
  /** Whether a redirect to there is followed. */
  isInside(url: URL, task: FrontierTask): boolean;
  /** Whether the body of an answer is wanted. */
  isWanted(headers: Readonly<Record<string, readonly string[]>>): boolean;
  /** How long a hook may take, in milliseconds. */
  readonly hookTimeout: number;
}

/** A page of a crawl: its redirects stay in the scope, and its body is read only if it is wanted. */
export class CrawlTask extends FetchTask {
  readonly #filter: CrawlFilter;
  readonly #task: FrontierTask;
  readonly #signal: AbortSignal;
  /** The task of a class of the user's, whose hooks are called. */
  readonly #own: FetchTask | undefined;
  /** Where it was asked for last: another try is no redirect. */
  #at: string | undefined;
  #isOk = false;
  /** Whether a redirect led out of the scope. */
  isOutside = false;
  /** What hooks enqueued: it goes to the frontier, as what handlers enqueue. Undefined once it was taken. */
  #links: FrontierInput[] | undefined = [];

  constructor(task: FrontierTask, filter: CrawlFilter, signal: AbortSignal, own?: FetchTask) {
    const { body, headers, method, priority, url } = task;
    const init = {
      ...(body !== undefined && { body }),
      ...(headers && { headers }),
      ...(method !== undefined && { method }),
      ...(priority !== undefined && { priority }),
    };
    super(url, { ...(own?.init ?? init), signal });
    this.#task = task;
    this.#signal = signal;
    this.#filter = filter;
    this.#own = own;
  }

  override onUrl(url: string, context: HookContext): unknown {
    if (this.#at !== undefined && this.#at !== url && !this.#filter.isInside(new URL(url), this.#task)) {
      this.isOutside = true;
      throw new TidewayError('A redirect led out of the scope');
    }
    this.#at = url;
    return this.#call((own) => own.onUrl?.(url, this.#with(context)));
  }

  override onStatus(status: number, text: string, context: HookContext): unknown {
    this.#isOk = status >= 200 && status < 300;
    return this.#call((own) => own.onStatus?.(status, text, this.#with(context)));
  }

  override async onHeaders(
    headers: Readonly<Record<string, readonly string[]>>,
    context: HookContext,
  ): Promise<unknown> {
    const answer = await this.#call((own) => own.onHeaders?.(headers, this.#with(context)));
    return this.#isOk && !this.#filter.isWanted(headers) ? 'skip' : answer;
  }

  override onSuccess(result: FetchResult, context: HookContext): unknown {
    return this.#call((own) => own.onSuccess?.(result, this.#with(context)));
  }

  override onError(error: Error, context: HookContext): unknown {
    return this.#call((own) => own.onError?.(error, this.#with(context)));
  }

  override onDone(result: FetchResult, context: HookContext): unknown {
    return this.#call((own) => own.onDone?.(result, this.#with(context)));
  }

  /** What hooks enqueued, when all of them have ended: what comes later is refused. */
  takeLinks(): readonly FrontierInput[] {
    const links = this.#links ?? [];
    this.#links = undefined;
    return links;
  }

  /** Calls a hook of the user's, which must come to its end: whoever waits for it holds a lease. */
  #call(hook: (own: FetchTask) => unknown): unknown {
    const own = this.#own;
    return own && bounded(this.#signal, this.#filter.hookTimeout, 'A hook of a page', () => hook(own));
  }

  #with(context: HookContext): HookContext {
    return {
      ...context,
      enqueue: (target, init) => {
        if (!this.#links)
          throw new ConfigurationError('Expected `enqueue` to be called before the last hook has ended');
        this.#links.push(target instanceof FetchTask || !init ? target : new FetchTask(target, init));
      },
    };
  }
}
