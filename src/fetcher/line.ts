/** What one request waits for, whatever that is as of now, can be ended from outside. */
export class Line {
  #controller: AbortController | undefined;
  #listener: ((reason: unknown) => void) | undefined;
  isEnded = false;
  /** Why it ended. */
  reason: unknown;

  /** Made when somebody needs it. */
  get signal(): AbortSignal {
    this.#controller ??= new AbortController();
    if (this.isEnded) this.#controller.abort(this.reason);
    return this.#controller.signal;
  }

  /** The first reason counts. */
  end(reason: unknown): void {
    if (this.isEnded) return;
    this.isEnded = true;
    this.reason = reason;
    this.#listener?.(reason);
    this.#controller?.abort(reason);
  }

  /** Calls back at the end, or at once after it. One at a time: the last one counts. */
  onEnd(listener: (reason: unknown) => void): void {
    this.#listener = listener;
    if (this.isEnded) listener(this.reason);
  }

  /** Settles as the promise does, or rejects with the reason for the end. */
  race<T>(promise: Promise<T>): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      this.onEnd(reject);
      promise.then(resolve, reject);
    });
  }
}
