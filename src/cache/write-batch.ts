import { setMany, type UseStore } from 'idb-keyval';

/** How long a write waits for others, in milliseconds. */
const LONGEST_WAIT = 10;
/** What is not put off any longer: so many writes, or so many bytes. */
const BATCH_WRITES = 256;
const BATCH_BYTES: number = 1024 * 1024;

/** Writes of one batch, the heads behind the bodies. */
interface Batch {
  readonly bodies: [string, Uint8Array<ArrayBuffer>][];
  readonly heads: [string, object][];
  bytes: number;
  readonly written: Promise<void>;
  readonly write: () => void;
}

/**
 * Gathers the writes of answers that are stored at the same time: a transaction for each of them would take several
 * times as long. No head is written before its body.
 */
export class WriteBatch {
  readonly #heads: UseStore;
  readonly #bodies: UseStore;
  #batch: Batch | undefined;

  constructor(heads: UseStore, bodies: UseStore) {
    this.#heads = heads;
    this.#bodies = bodies;
  }

  /** Resolves when it is written. */
  add(bodies: readonly [string, Uint8Array<ArrayBuffer>][], head?: readonly [string, object]): Promise<void> {
    this.#batch ??= this.#begin();
    const batch = this.#batch;
    batch.bodies.push(...bodies);
    if (head) batch.heads.push([...head]);
    for (const [, bytes] of bodies) batch.bytes += bytes.length;
    if (batch.bytes >= BATCH_BYTES || batch.bodies.length + batch.heads.length >= BATCH_WRITES) batch.write();
    return batch.written;
  }

  /** Resolves when nothing waits to be written; never rejects. */
  async flush(): Promise<void> {
    this.#batch?.write();
    await this.#batch?.written.catch(() => {});
  }

  #begin(): Batch {
    let write = (): void => {};
    const due = new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, LONGEST_WAIT);
      write = () => {
        clearTimeout(timer);
        resolve();
      };
    });
    const batch: Batch = { bodies: [], heads: [], bytes: 0, write, written: due.then(() => this.#write(batch)) };
    return batch;
  }

  async #write(batch: Batch): Promise<void> {
    if (this.#batch === batch) this.#batch = undefined;
    if (batch.bodies.length > 0) await setMany(batch.bodies, this.#bodies);
    if (batch.heads.length > 0) await setMany(batch.heads, this.#heads);
  }
}
