import { type CallOptions, type Connection, type Path, path } from '../http/index.ts';
import { type RecordSource, Records } from '../records/index.ts';
import { checkText } from './check-text.ts';
import { command } from './command.ts';
import type { QueueRequest } from './frontier-types.ts';
import { lazySource } from './lazy-source.ts';
import { resumable } from './reading.ts';

/** The fingerprints that a slot has seen. They stay when what was queued with them is deleted. */
export class SlotFingerprints {
  readonly #connection: Connection;
  readonly #path: Path;
  readonly #write: (requests: readonly QueueRequest[]) => Promise<void>;

  /** `slot` are the segments of its path; `write` stores requests in the background. */
  constructor(
    connection: Connection,
    slot: readonly string[],
    write: (requests: readonly QueueRequest[]) => Promise<void>,
  ) {
    this.#connection = connection;
    this.#path = path`/${[...slot, 'f']}`;
    this.#write = write;
  }

  /** Queues requests that are a fingerprint and nothing else, as `add` of the queue does. */
  async add(fingerprints: string | readonly string[]): Promise<void> {
    const all = [fingerprints].flat() as string[];
    await this.#write(all.map((fp) => ({ fp: checkText('fingerprint', fp) })));
  }

  /**
   * The fingerprints in the order of their bytes. A read that breaks goes on behind as many as were delivered: one comes
   * twice where another was added before it meanwhile.
   */
  iter(options: CallOptions = {}): Records<string> {
    const open = (): RecordSource<unknown> =>
      resumable(this.#connection, this.#path, { keys: 'none', request: () => ({}) }, options);
    return new Records(() => lazySource(() => command(this.#connection, 'fingerprintsOf', this.#path, open)));
  }

  /** The fingerprints in an array. */
  async list(options: CallOptions = {}): Promise<string[]> {
    return this.iter(options).toArray();
  }
}
