import { encoder } from './bytes.ts';
import { jsonMembers } from './json-members.ts';
import { compactJson, isObject } from './json-style.ts';
import { allKeys, KeyCursor, type KeySelection } from './key-scan.ts';
import type { RecordCursor } from './listed-records.ts';
import { checkSize } from './record-store.ts';
import type { RecordView } from './record-view.ts';
import { Refusal } from './refusal.ts';
import { SortedKeys } from './sorted-keys.ts';

/** The most requests of one batch. */
const maxBatchLength = 100;

/** Priorities have two hexadecimal digits of a batch's id, which also give the order; others count as the nearest. */
const maxPriority = 255;

/** How many batches share the counter of an id: one without a suffix, the others with one of two digits. */
const batchesPerCounter = 257;

/** A request on its way into a slot. */
export interface FrontierRequest {
  readonly fingerprint: string;
  readonly priority: number;
  /** Compact JSON. */
  readonly queueData: string;
  /** Compact JSON of what is kept with the fingerprint. */
  readonly fingerprintData: string | undefined;
}

/** A request of a line of JSON. Throws a `Refusal`. */
export function frontierRequest(value: unknown, text: string): FrontierRequest {
  const { fp: fingerprint, p = 0 } = isObject(value) ? value : {};
  if (typeof fingerprint !== 'string') throw new Refusal(400, 'Error parsing data, missing value for fp field');
  if (!Number.isInteger(p)) throw new Refusal(400, 'Error parsing data, p must be an integer');
  const compact = compactJson(text);
  checkSize(compact);
  const members = new Map(jsonMembers(compact).map((member) => [member.name, member.value]));
  return {
    fingerprint,
    priority: Math.min(Math.max(Number(p), 0), maxPriority),
    queueData: members.get('"qdata"') ?? 'null',
    fingerprintData: members.get('"fdata"'),
  };
}

/** Requests that are read and deleted together. */
interface Batch {
  readonly line: string;
  readonly requests: number;
}

function hexadecimal(value: number, digits: number): string {
  return value.toString(16).padStart(digits, '0');
}

/** The id of a batch: priority, time and counters in digits, so that ids in the order of text are in that of delivery. */
function batchId(priority: number, time: number, number: number): string {
  const suffix = number % batchesPerCounter;
  const counter = hexadecimal(1 + Math.floor(number / batchesPerCounter), 5);
  return `${hexadecimal(priority, 2)}${hexadecimal(time, 11)}${counter}${suffix === 0 ? '' : hexadecimal(suffix - 1, 2)}`;
}

/** One slot of a frontier: a queue of requests, and the fingerprints that were ever seen. */
export class FrontierSlot {
  readonly #fingerprints = new Map<string, string | undefined>();
  readonly #sorted = new SortedKeys();
  readonly #batches = new Map<string, Batch>();
  readonly #ids = new SortedKeys();
  #queued = 0;

  /** How many requests wait in the queue. */
  get queued(): number {
    return this.#queued;
  }

  /** Queues the requests whose fingerprints the slot has not seen, and returns how many there are. */
  add(requests: readonly FrontierRequest[], time: number): number {
    const fresh = new Map<number, FrontierRequest[]>();
    let count = 0;
    for (const request of requests) {
      if (this.#fingerprints.has(request.fingerprint)) continue;
      this.#fingerprints.set(request.fingerprint, request.fingerprintData);
      this.#sorted.add(request.fingerprint);
      const group = fresh.get(request.priority);
      if (group === undefined) fresh.set(request.priority, [request]);
      else group.push(request);
      count += 1;
    }
    for (const [priority, group] of fresh) this.#queue(priority, group, time);
    this.#queued += count;
    return count;
  }

  /** Removes a batch, which need not be there. Its fingerprints stay seen. */
  deleteBatch(id: string): void {
    this.#queued -= this.#batches.get(id)?.requests ?? 0;
    this.#batches.delete(id);
    this.#ids.delete(id);
  }

  /** Goes over the batches in the order of delivery, until there are at least so many requests. */
  batches(minimum: number): RecordCursor {
    let left = minimum;
    const cursor = new KeyCursor(this.#ids, allKeys, (id, view) => {
      const batch = this.#batches.get(id);
      if (batch === undefined) return false;
      left -= batch.requests;
      showText(view, id, batch.line);
      return true;
    });
    return { next: (view) => left > 0 && cursor.next(view) };
  }

  /** Goes over the fingerprints that a selection wants, in the order of their bytes. */
  fingerprints(selection: KeySelection): RecordCursor {
    return new KeyCursor(this.#sorted, selection, (fp, view) => {
      const data = this.#fingerprints.get(fp);
      showText(view, fp, `{"fp":${JSON.stringify(fp)}${data === undefined ? '' : `,"fdata":${data}`}}`);
      return true;
    });
  }

  #queue(priority: number, requests: readonly FrontierRequest[], time: number): void {
    for (let begin = 0; begin < requests.length; begin += maxBatchLength) {
      const part = requests.slice(begin, begin + maxBatchLength);
      const id = batchId(priority, time, begin / maxBatchLength);
      const pairs = part.map(({ fingerprint, queueData }) => `[${JSON.stringify(fingerprint)},${queueData}]`);
      this.#batches.set(id, { line: `{"id":"${id}","requests":[${pairs.join(',')}]}`, requests: part.length });
      this.#ids.add(id);
    }
  }
}

function showText(view: RecordView, key: string, text: string): void {
  const bytes = encoder.encode(text);
  view.show(key, { bytes, begin: 0, end: bytes.length, time: 0 });
}

/** The frontiers of a project, which are there as long as they have a slot. */
export class Frontiers {
  readonly #frontiers = new Map<string, Map<string, FrontierSlot>>();

  /** Sorted. */
  get names(): readonly string[] {
    return [...this.#frontiers.keys()].sort();
  }

  /** The names of a frontier's slots, sorted. */
  slotNames(frontier: string): readonly string[] {
    return [...(this.#frontiers.get(frontier)?.keys() ?? [])].sort();
  }

  find(frontier: string, slot: string): FrontierSlot | undefined {
    return this.#frontiers.get(frontier)?.get(slot);
  }

  /** A slot, made with its frontier when it is new. */
  open(frontier: string, name: string): FrontierSlot {
    const slots = this.#frontiers.get(frontier) ?? new Map<string, FrontierSlot>();
    const slot = slots.get(name) ?? new FrontierSlot();
    this.#frontiers.set(frontier, slots.set(name, slot));
    return slot;
  }

  /** Drops a slot, which need not be there. */
  drop(frontier: string, slot: string): void {
    const slots = this.#frontiers.get(frontier);
    slots?.delete(slot);
    if (slots?.size === 0) this.#frontiers.delete(frontier);
  }
}
