import { checkInteger, expected } from '../errors/index.ts';
import { type CallOptions, type Connection, type Path, path } from '../http/index.ts';
import { Records } from '../records/index.ts';
import { checkObject } from './check-object.ts';
import { checkText } from './check-text.ts';
import { command } from './command.ts';
import type { QueueBatch, QueueRequest } from './frontier-types.ts';
import type { Consumed } from './later/consume.ts';
import { lazySource } from './lazy-source.ts';
import type { BatchHandler, ConsumeOptions, ConsumeResult, QueueReadOptions } from './queue-options.ts';

/** The queue of a slot: requests that wait, in batches, until they are deleted. */
export class SlotQueue {
  readonly #connection: Connection;
  readonly #path: Path;
  readonly #deleted: Path;
  readonly #write: (requests: readonly QueueRequest[]) => Promise<void>;

  /** `slot` are the segments of its path; `write` stores requests in the background. */
  constructor(
    connection: Connection,
    slot: readonly string[],
    write: (requests: readonly QueueRequest[]) => Promise<void>,
  ) {
    this.#connection = connection;
    this.#path = path`/${[...slot, 'q']}`;
    this.#deleted = path`/${[...slot, 'q', 'deleted']}`;
    this.#write = write;
  }

  /**
   * Queues a request, or several, unless their fingerprints were seen before. Resolves when they are accepted: they are
   * stored in the background, and `flush` of the slot waits until they are.
   *
   * @throws ConfigurationError before any is accepted for an `fp` that is no text and a `p` other than 0 to 255;
   * otherwise as {@link RecordWriter.write}.
   */
  async add(requests: QueueRequest | readonly QueueRequest[]): Promise<void> {
    const all = [requests].flat() as QueueRequest[];
    all.forEach(checkRequest);
    await this.#write(all);
  }

  /**
   * The batches that wait, the first ones first. Reading takes nothing out of the queue; batches that are deleted while
   * it is read are no matter.
   */
  iter(options: QueueReadOptions = {}): Records<QueueBatch> {
    checkInteger('minCount', options.minCount, 1);
    return new Records(() => lazySource(() => command(this.#connection, 'readQueue', this.#path, options)));
  }

  /** The batches that wait, in an array. */
  async list(options: QueueReadOptions = {}): Promise<QueueBatch[]> {
    return this.iter(options).toArray();
  }

  /** Removes a batch by its id, or several; that there is none is no error. Their fingerprints stay seen. */
  delete(ids: string | readonly string[], options: CallOptions = {}): Promise<void> {
    return command(this.#connection, 'removeLines', this.#deleted, 'id', [ids].flat(), options);
  }

  /**
   * Hands over one batch at a time, or `concurrency` of them, and deletes each when the handler has resolved. One whose
   * handler fails is tried again, up to `attempts` times, and then left in the queue. Resolves when nothing else is
   * left, or goes on with `follow`. At least once: a batch comes again when its deletion was not to be.
   *
   * @throws the signal's reason as soon as it is aborted: batches at work are given up unless their handler resolves all
   * the same. What a read or a deletion fails with, when the batches at work are done.
   */
  consume(handler: BatchHandler, options: ConsumeOptions = {}): Promise<ConsumeResult> {
    const queue: Consumed = {
      path: this.#path,
      read: (call) => this.list(call),
      remove: (id, call) => this.delete(id, call),
    };
    return command(this.#connection, 'consume', queue, handler, options);
  }
}

function checkRequest(request: unknown): void {
  checkObject('request', request);
  const { fp, p = 0 } = request as QueueRequest;
  checkText('fp', fp);
  checkInteger('p', p, 0);
  if (p > 255) expected('`p` to be 0 to 255', p);
}
