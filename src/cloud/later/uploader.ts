/** How many batches of a connection are sent at once, over all its writers. */
const UPLOADS_AT_ONCE = 4;

/**
 * Sends the batches of all writers of a connection. Whoever waits longest is next, and a writer that has sent a batch
 * queues up again for the next: none is starved by another's many batches, nor by another's tries, since a wait before
 * a try takes no place.
 */
export class Uploader {
  #free: number = UPLOADS_AT_ONCE;
  readonly #waiting: (() => void)[] = [];

  /** Runs a task when it is its turn. */
  async run<T>(task: () => Promise<T>): Promise<T> {
    if (this.#free > 0) this.#free--;
    else await new Promise<void>((resolve) => this.#waiting.push(resolve));
    try {
      return await task();
    } finally {
      // The place is handed over, so that nobody who comes meanwhile takes it.
      const next = this.#waiting.shift();
      if (next) next();
      else this.#free++;
    }
  }
}

const uploaders: WeakMap<object, Uploader> = new WeakMap();

/** The uploader of a connection. */
export function uploaderOf(connection: object): Uploader {
  const uploader = uploaders.get(connection) ?? new Uploader();
  uploaders.set(connection, uploader);
  return uploader;
}
