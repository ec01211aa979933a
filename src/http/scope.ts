/**
 * The life of one operation: ends when one of the signals that it follows is aborted, when its time is up or when it is
 * told to. `end` lets go of them, so that a signal that lives long keeps nothing alive.
 *
 * `AbortSignal.any` would do the following, but not the letting go, and not every runtime has it.
 */
export class Scope {
  readonly #controller = new AbortController();
  readonly #release: (() => void)[] = [];
  readonly signal: AbortSignal = this.#controller.signal;

  constructor(...signals: (AbortSignal | null | undefined)[]) {
    for (const signal of signals) {
      if (signal) this.#release.push(onAbort(signal, () => this.abort(signal.reason)));
    }
  }

  /** A scope that ends with this one, or before it. */
  fork(): Scope {
    return new Scope(this.signal);
  }

  /** Aborts with what `reason` makes after so many milliseconds, undefined or infinity being never. Answers with a stop. */
  timer(milliseconds: number | undefined, reason: () => unknown): () => void {
    if (milliseconds === undefined || milliseconds === Number.POSITIVE_INFINITY) return () => {};
    const timer = setTimeout(() => this.abort(reason()), milliseconds);
    return () => clearTimeout(timer);
  }

  /** Like {@link timer}, until the end of the scope. */
  expire(milliseconds: number | undefined, reason: () => unknown): this {
    this.#release.push(this.timer(milliseconds, reason));
    return this;
  }

  abort(reason?: unknown): void {
    this.#controller.abort(reason);
    this.end();
  }

  end(): void {
    for (const release of this.#release.splice(0)) release();
  }

  /** Settles as the promise does, or rejects with the reason once the scope is aborted. */
  race<T>(promise: T | Promise<T>): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      const release = onAbort(this.signal, () => reject(this.signal.reason));
      Promise.resolve(promise).then(resolve, reject).finally(release);
    });
  }
}

/** Calls the listener when the signal is aborted, or at once if it is. Answers with a release. */
function onAbort(signal: AbortSignal, listener: () => void): () => void {
  if (signal.aborted) listener();
  signal.addEventListener('abort', listener);
  return () => signal.removeEventListener('abort', listener);
}
