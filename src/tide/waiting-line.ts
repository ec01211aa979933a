/** One who waits, and with what. */
interface Waiter<Value, Item> {
  readonly item: Item;
  readonly resolve: (value: Value) => void;
  readonly reject: (reason: unknown) => void;
}

/** Those who wait for the same thing, each with an item of its own, in the order in which they came. */
export class WaitingLine<Value, Item> {
  readonly #waiters = new Set<Waiter<Value, Item>>();

  get size(): number {
    return this.#waiters.size;
  }

  /** Waits for a turn, or for the abort of the signal, which rejects with its reason. */
  wait(item: Item, signal: AbortSignal | undefined): Promise<Value> {
    return new Promise<Value>((resolve, reject) => {
      const onAbort = (): void => {
        this.#waiters.delete(waiter);
        reject(signal?.reason);
      };
      const settle = <V>(how: (value: V) => void): ((value: V) => void) => {
        return (value) => {
          signal?.removeEventListener('abort', onAbort);
          this.#waiters.delete(waiter);
          how(value);
        };
      };
      const waiter: Waiter<Value, Item> = { item, resolve: settle(resolve), reject: settle(reject) };
      this.#waiters.add(waiter);
      if (signal?.aborted) onAbort();
      signal?.addEventListener('abort', onAbort);
    });
  }

  /** Gives the first one what `serve` makes of its item. */
  serve(serve: (item: Item) => Value): void {
    const [first] = this.#waiters;
    first?.resolve(serve(first.item));
  }

  /** Ends the wait of all. */
  dismiss(reason: unknown): void {
    for (const waiter of this.#waiters) waiter.reject(reason);
  }
}
