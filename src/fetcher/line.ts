/** What one request waits for, whatever that is as of now, can be ended from outside. */
export class Line {
  #controller: AbortController | undefined;
  #reject: ((reason: unknown) => void) | undefined;
  #isEnded = false;
  /** Why it ended. */
  reason: unknown;

  isEnded(): boolean {
    return this.#isEnded;
  }

  /** Made when somebody needs it. */
  get signal(): AbortSignal {
    this.#controller ??= new AbortController();
    if (this.#isEnded) this.#controller.abort(this.reason);
    return this.#controller.signal;
  }

  /** The first reason counts. */
  end(reason: unknown): void {
    if (this.#isEnded) return;
    this.#isEnded = true;
    this.reason = reason;
    this.#reject?.(reason);
    this.#controller?.abort(reason);
  }

  /** Settles as the promise does, or rejects with the reason for the end. One at a time. */
  race<T>(promise: Promise<T>): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      if (this.#isEnded) reject(this.reason);
      else this.#reject = reject;
      promise.then(resolve, reject);
    });
  }
}
