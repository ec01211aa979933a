import { type CallOptions, type Connection, path } from '../http/index.ts';
import { checkText } from './check-text.ts';
import type { QueueRequest } from './frontier-types.ts';
import { parseProjectId } from './keys.ts';
import { RecordWriter } from './record-writer.ts';
import { SlotFingerprints } from './slot-fingerprints.ts';
import { SlotQueue } from './slot-queue.ts';
import type { SettleOptions } from './writer-options.ts';

/** How requests are gathered: the server makes batches of 100 of what comes together. */
const WRITER = { size: 5_000, queueSize: 6_000, interval: 60_000, contentEncoding: 'identity' } as const;

/**
 * A slot of a frontier: a queue of requests, such as those of one site, of which none is queued twice.
 *
 * @example
 * const slot = project.frontiers.get('crawl').get('example.com');
 * await slot.queue.add([{ fp: '/', qdata: { depth: 0 } }]);
 * await slot.flush();
 * await slot.queue.consume(async ({ requests }) => { for (const [fp, qdata] of requests) await visit(fp, qdata); });
 */
export class FrontierSlot {
  /** Its name. */
  readonly key: string;
  readonly queue: SlotQueue;
  readonly fingerprints: SlotFingerprints;
  readonly #connection: Connection;
  readonly #segments: readonly string[];
  #writer: RecordWriter<QueueRequest> | undefined;
  #newCount = 0;

  constructor(connection: Connection, project: number | string, frontier: string, slot: string) {
    this.key = checkText('slot', slot);
    this.#connection = connection;
    this.#segments = ['hcf', parseProjectId(project), checkText('frontier', frontier), 's', slot];
    const write = (requests: readonly QueueRequest[]): Promise<void> => this.#write(requests);
    this.queue = new SlotQueue(connection, this.#segments, write);
    this.fingerprints = new SlotFingerprints(connection, this.#segments, write);
  }

  /** {@link queue} */
  get q(): SlotQueue {
    return this.queue;
  }

  /** {@link fingerprints} */
  get f(): SlotFingerprints {
    return this.fingerprints;
  }

  /**
   * How many of the requests that this object stored were new, by the server's answers. One whose answer was lost, so
   * that it was sent again, does not count.
   */
  get newCount(): number {
    return this.#newCount;
  }

  /** Resolves when all that was added is stored. Rejects with what was not, as {@link RecordWriter} does. */
  async flush(options: SettleOptions = {}): Promise<void> {
    await this.#writer?.flush(options);
  }

  /** Stores all that was added; nothing more can be added by this object. */
  async close(options: SettleOptions = {}): Promise<void> {
    await this.#writer?.close(options);
  }

  /** Removes the queue and the fingerprints, those that are being stored included, and begins to count anew. */
  async delete(options: CallOptions = {}): Promise<void> {
    // What cannot be stored need not be removed.
    await this.flush(options).catch(() => {});
    await this.#connection.json(path`/${this.#segments}`, { ...options, method: 'DELETE' });
    this.#newCount = 0;
  }

  async #write(requests: readonly QueueRequest[]): Promise<void> {
    this.#writer ??= this.#open();
    for (const request of requests) await this.#writer.write(request);
  }

  #open(): RecordWriter<QueueRequest> {
    const [, project, frontier] = this.#segments;
    const target = { name: `slot ${frontier}/${this.key} of project ${project}`, path: path`/${this.#segments}` };
    return new RecordWriter(this.#connection, target, {
      ...WRITER,
      onBatch: ({ answer }) => {
        this.#newCount += (answer as { newcount?: number } | undefined)?.newcount ?? 0;
      },
    });
  }
}
