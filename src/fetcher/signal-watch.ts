/**
 * Tells many that a signal was aborted, with one listener a signal: a hundred thousand listeners of one signal would
 * take the platform minutes to add.
 */
export class SignalWatch<T> {
  readonly #watched = new Map<AbortSignal, Set<T>>();
  readonly #onAbort: (one: T, reason: unknown) => void;

  constructor(onAbort: (one: T, reason: unknown) => void) {
    this.#onAbort = onAbort;
  }

  add(signal: AbortSignal, one: T): void {
    let known = this.#watched.get(signal);
    if (!known) {
      known = new Set();
      this.#watched.set(signal, known);
      signal.addEventListener('abort', this.#handle);
    }
    known.add(one);
  }

  delete(signal: AbortSignal, one: T): void {
    const known = this.#watched.get(signal);
    if (known?.delete(one) && known.size === 0) this.#forget(signal);
  }

  readonly #handle = ({ target }: Event): void => {
    const signal = target as AbortSignal;
    const known = this.#watched.get(signal) ?? [];
    this.#forget(signal);
    for (const one of known) this.#onAbort(one, signal.reason);
  };

  #forget(signal: AbortSignal): void {
    this.#watched.delete(signal);
    signal.removeEventListener('abort', this.#handle);
  }
}
