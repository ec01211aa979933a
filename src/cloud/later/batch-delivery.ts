import type { RetryOptions } from '../../http/index.ts';
import type { WriterOptions, WriterTarget } from '../writer-options.ts';
import type { Batch } from './batch.ts';
import type { Needs } from './needs.ts';
import { uploaderOf } from './uploader.ts';

/** How long a batch is tried: longer than a call that somebody waits for, and never for hours. */
const RETRY: RetryOptions = { attempts: 100, maxTime: 600_000, maxRetryAfter: 300_000 };

/** How the batches of a writer come to where they are stored. */
export class BatchDelivery {
  readonly #needs: Needs;
  readonly #target: WriterTarget<unknown>;
  readonly #options: WriterOptions;
  readonly #retry: Required<RetryOptions>;

  constructor(needs: Needs, target: WriterTarget<unknown>, options: WriterOptions) {
    const retry = options.retry ?? needs.connection.retry;
    this.#needs = needs;
    this.#target = target;
    this.#options = options;
    this.#retry = needs.retryOptions(retry === false ? false : { ...RETRY, ...retry });
  }

  /**
   * Sends a batch, whose first record gets the index `start`, until it is stored or given up. A repeated one says the
   * same `start`, so it is stored once. Answers with what the server said, and the bytes that were sent.
   */
  async deliver(batch: Batch, start: number): Promise<{ readonly answer: unknown; readonly bytes: number }> {
    const { connection, retryDelay, sleep } = this.#needs;
    const body = await batch.body;
    const started = performance.now();
    for (let attempt = 1; ; attempt++) {
      try {
        const answer = await uploaderOf(connection).run(() => this.#post(start, body));
        return { answer, bytes: body.length };
      } catch (error) {
        const elapsed = performance.now() - started;
        const isLast = attempt === this.#retry.attempts || batch.stop.signal.aborted;
        const delay = isLast ? undefined : retryDelay(error, attempt, elapsed, this.#retry, this.isTransient);
        if (delay === undefined) throw error;
        await sleep(delay, batch.stop.signal).catch(() => {
          throw error;
        });
      }
    }
  }

  /** Whether the same may be stored later. */
  readonly isTransient = (error: unknown): boolean => {
    const { isApiError, isBreak } = this.#needs;
    if (isApiError(error)) return error.status >= 500 || error.status === 408 || error.status === 429;
    return isBreak(error);
  };

  async #post(start: number, body: Uint8Array<ArrayBuffer>): Promise<unknown> {
    const { contentEncoding, idleTimeout, signal, timeout } = this.#options;
    const { data, path } = this.#target;
    const text = await this.#needs.connection.text(path, {
      method: 'POST',
      query: { start: data && start },
      body,
      headers: contentEncoding === 'identity' ? {} : { 'content-encoding': 'gzip' },
      retry: false,
      signal,
      timeout,
      idleTimeout,
    });
    try {
      return text.trim() ? JSON.parse(text) : undefined;
    } catch {
      // A page of something that stands between, which has stored nothing.
      if (text.trimStart().startsWith('<')) throw await this.#needs.notJson(`JSON from POST ${path}`, text);
      return undefined;
    }
  }
}
