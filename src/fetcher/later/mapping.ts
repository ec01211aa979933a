import type { FetchInit } from '../fetch-init.ts';
import type { FetchResult } from '../fetch-result.ts';
import type { MapHost, MapSource } from '../map-options.ts';
import type { Settle, Ticket } from '../ticket.ts';
import { FetchTask, Ring } from './needs.ts';

interface Step {
  resolve(step: IteratorResult<FetchResult, undefined>): void;
  reject(error: unknown): void;
}

/** The results of a source, in the order in which they come. The source is read as fast as results are taken. */
export class Mapping {
  readonly #host: MapHost;
  readonly #init: FetchInit | undefined;
  readonly #buffer: number;
  readonly #source: MapSource;
  readonly #results: Ring<FetchResult>;
  readonly #steps: Ring<Step>;
  readonly #running = new Set<FetchTask>();
  /** Whether the source is being asked. */
  #isPulling = false;
  /** Whether the source has ended, or nobody wants more of it. */
  #isOver = false;
  /** Whether nobody wants results any more. */
  #isLeft = false;
  #failure: { readonly error: unknown } | undefined;

  constructor(source: MapSource, init: FetchInit | undefined, buffer: number, host: MapHost) {
    this.#source = source;
    this.#init = init;
    this.#buffer = buffer;
    this.#host = host;
    this.#results = new Ring();
    this.#steps = new Ring();
  }

  next(): Promise<IteratorResult<FetchResult, undefined>> {
    const result = this.#results.shift();
    if (result) {
      this.#pull();
      return Promise.resolve({ done: false, value: result });
    }
    return new Promise((resolve, reject) => {
      this.#steps.push({ resolve, reject });
      this.#pull();
    });
  }

  /** Ends it: what is under way is cancelled, the source closed. */
  async return(): Promise<IteratorResult<FetchResult, undefined>> {
    const wasOver = this.#isOver;
    this.#isOver = this.#isLeft = true;
    this.#failure = undefined;
    const reason = new DOMException('Nobody wants the results any more', 'AbortError');
    for (const { ticket } of this.#running) if (ticket) this.#host.cancel(ticket as Ticket, reason);
    while (this.#results.shift()) {}
    this.#settle();
    if (!wasOver) {
      const closed = this.#close();
      // A source that is being asked may never answer.
      if (this.#isPulling) closed.catch(() => {});
      else await closed;
    }
    return { done: true, value: undefined };
  }

  /** Takes from the source while there is room. A source that answers at once is read without waiting. */
  #pull(): void {
    if (this.#isPulling) return;
    this.#isPulling = true;
    try {
      while (!this.#isOver && this.#running.size + this.#results.size < this.#buffer) {
        const step = this.#source.next();
        if ('then' in step) {
          step.then(
            (later) => {
              this.#isPulling = false;
              this.#take(later);
              this.#pull();
            },
            (error: unknown) => this.#fail(error),
          );
          return;
        }
        this.#take(step);
      }
    } catch (error) {
      this.#fail(error);
    }
    this.#isPulling = false;
    this.#settle();
  }

  #take({ done, value }: IteratorResult<unknown>): void {
    if (this.#isOver) return;
    if (done) {
      this.#isOver = true;
      return;
    }
    let task: FetchTask | undefined;
    try {
      const taken = value instanceof FetchTask ? value : new FetchTask(value as string, this.#init);
      task = taken;
      this.#running.add(taken);
      const settle = (result: FetchResult): void => {
        this.#running.delete(taken);
        if (this.#steps.size > 0) this.#steps.shift()?.resolve({ done: false, value: result });
        else if (!this.#isLeft) this.#results.push(result);
        this.#pull();
      };
      this.#host.accept(taken, settle as Settle, false);
    } catch (error) {
      // What is no URL is a mistake of the source's; after a stop nothing is taken.
      if (task) this.#running.delete(task);
      this.#fail(error);
      this.#close().catch(() => {});
    }
  }

  async #close(): Promise<void> {
    await this.#source.return?.();
  }

  #fail(error: unknown): void {
    this.#isPulling = false;
    this.#isOver = true;
    this.#failure ??= { error };
    this.#settle();
  }

  /** Tells those who wait that there is no more. */
  #settle(): void {
    if (!this.#isOver || this.#running.size > 0 || this.#results.size > 0) return;
    for (let step = this.#steps.shift(); step; step = this.#steps.shift()) {
      const failure = this.#failure;
      this.#failure = undefined;
      if (failure) step.reject(failure.error);
      else step.resolve({ done: true, value: undefined });
    }
  }
}
