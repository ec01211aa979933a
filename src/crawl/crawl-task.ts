import { TidewayError } from '../errors/index.ts';
import type { FetchResult } from '../fetcher/fetch-result.ts';
import { FetchTask, type HookContext } from '../fetcher/fetch-task.ts';
import type { FrontierLease } from './frontier.ts';
import type { FrontierInput } from './frontier-task.ts';

/** What a {@link CrawlTask} asks. */
export interface CrawlFilter {
  /** Whether a redirect to there is followed. */
  isInside(url: URL, lease: FrontierLease): boolean;
  /** Whether the body of an answer is wanted. */
  isWanted(headers: Readonly<Record<string, readonly string[]>>): boolean;
}

/** A page of a crawl: its redirects stay in the scope, and its body is read only if it is wanted. */
export class CrawlTask extends FetchTask {
  readonly #filter: CrawlFilter;
  readonly #lease: FrontierLease;
  /** The task of a class of the user's, whose hooks are called. */
  readonly #own: FetchTask | undefined;
  #isFirst = true;
  #isOk = false;
  /** Whether a redirect led out of the scope. */
  isOutside = false;
  /** What hooks enqueued: it goes to the frontier, as what handlers enqueue. */
  readonly links: FrontierInput[] = [];

  constructor(lease: FrontierLease, filter: CrawlFilter, signal: AbortSignal, own?: FetchTask) {
    const { body, headers, method, priority, url } = lease.task;
    const init = {
      ...(body !== undefined && { body }),
      ...(headers && { headers }),
      ...(method !== undefined && { method }),
      ...(priority !== undefined && { priority }),
    };
    super(url, { ...(own?.init ?? init), signal });
    this.#lease = lease;
    this.#filter = filter;
    this.#own = own;
  }

  override onUrl(url: string, context: HookContext): unknown {
    const isFirst = this.#isFirst;
    this.#isFirst = false;
    if (isFirst || this.#filter.isInside(new URL(url), this.#lease))
      return this.#own?.onUrl?.(url, this.#with(context));
    this.isOutside = true;
    throw new TidewayError('A redirect led out of the scope');
  }

  override onStatus(status: number, text: string, context: HookContext): unknown {
    this.#isOk = status >= 200 && status < 300;
    return this.#own?.onStatus?.(status, text, this.#with(context));
  }

  override async onHeaders(
    headers: Readonly<Record<string, readonly string[]>>,
    context: HookContext,
  ): Promise<unknown> {
    const answer = await this.#own?.onHeaders?.(headers, this.#with(context));
    return this.#isOk && !this.#filter.isWanted(headers) ? 'skip' : answer;
  }

  override onSuccess(result: FetchResult, context: HookContext): unknown {
    return this.#own?.onSuccess?.(result, this.#with(context));
  }

  override onError(error: Error, context: HookContext): unknown {
    return this.#own?.onError?.(error, this.#with(context));
  }

  override onDone(result: FetchResult, context: HookContext): unknown {
    return this.#own?.onDone?.(result, this.#with(context));
  }

  #with(context: HookContext): HookContext {
    return {
      ...context,
      enqueue: (target, init) => {
        this.links.push(target instanceof FetchTask || !init ? target : new FetchTask(target, init));
      },
    };
  }
}
