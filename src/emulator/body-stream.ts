import { type Bytes, newline } from './bytes.ts';
import type { Effects } from './faults.ts';
import { networkError } from './network-error.ts';
import { pause, untilAborted } from './pause.ts';
import type { RecordSource } from './record-source.ts';

/** The longest that a paced body waits at once, and the credit that a slow reader can save up, in milliseconds. */
const paceStep = 50;

/** Whether the effects change how a body is sent. */
export function shapesBody(effects: Effects): boolean {
  const { main, recordsPerSecond, bytesPerSecond } = effects;
  return (
    recordsPerSecond !== undefined ||
    bytesPerSecond !== undefined ||
    main?.cutAfterRecords !== undefined ||
    main?.cutAfterBytes !== undefined ||
    main?.stallAfterRecords !== undefined
  );
}

/** Tells how much a paced body may send now. */
class Pace {
  readonly #rate: number;
  #spent = 0;
  #since = performance.now();

  constructor(perSecond: number) {
    this.#rate = perSecond / 1000;
  }

  /** Waits until at least one unit may go, and returns how many may. */
  async allowance(signal: AbortSignal): Promise<number> {
    for (;;) {
      const elapsed = performance.now() - this.#since;
      const available = elapsed * this.#rate + 1 - this.#spent;
      if (available >= 1) {
        return Math.max(1, Math.min(Math.floor(available), Math.floor(paceStep * this.#rate)));
      }
      await pause(Math.min(paceStep, Math.max(1, (1 - available) / this.#rate)), signal);
    }
  }

  spend(units: number): void {
    this.#spent += units;
    const earned = (performance.now() - this.#since) * this.#rate;
    const saved = earned - this.#spent - paceStep * this.#rate;
    if (saved > 0) this.#spent += saved;
  }
}

/** The pieces of a body under the effects of faults, made one at a time. */
export class BodyPieces {
  readonly #source: RecordSource;
  readonly #main: Effects['main'];
  readonly #spare: () => void;
  readonly #signal: AbortSignal;
  readonly #recordPace: Pace | undefined;
  readonly #bytePace: Pace | undefined;
  #records = 0;
  #bytes = 0;
  #failure: unknown;
  #hasFailed = false;
  #isStalled = false;

  constructor(source: RecordSource, effects: Effects, signal: AbortSignal) {
    this.#source = source;
    this.#main = effects.main;
    this.#spare = effects.spare;
    this.#signal = signal;
    this.#recordPace = effects.recordsPerSecond === undefined ? undefined : new Pace(effects.recordsPerSecond);
    this.#bytePace = effects.bytesPerSecond === undefined ? undefined : new Pace(effects.bytesPerSecond);
  }

  /** The next piece, `undefined` at the end. Rejects where the body breaks: with what breaks it, or the abort reason. */
  async next(): Promise<Bytes | undefined> {
    this.#signal.throwIfAborted();
    if (this.#hasFailed) throw this.#failure;
    if (this.#isStalled) return untilAborted(this.#signal);
    const limit = this.#main?.cutAfterRecords ?? this.#main?.stallAfterRecords ?? Number.POSITIVE_INFINITY;
    if (this.#records >= limit) return this.#atLimit();
    let allowed = limit - this.#records;
    if (this.#recordPace !== undefined) allowed = Math.min(allowed, await this.#recordPace.allowance(this.#signal));
    if (this.#bytePace !== undefined) {
      const bytes = await this.#bytePace.allowance(this.#signal);
      const mean = this.#records === 0 ? bytes : this.#bytes / this.#records;
      allowed = Math.min(allowed, Math.max(1, Math.floor(bytes / mean)));
    }
    const chunk = this.#source.read(allowed);
    if (chunk === undefined) {
      this.#spare();
      return undefined;
    }
    this.#records += chunk.records;
    this.#recordPace?.spend(chunk.records);
    this.#bytePace?.spend(chunk.bytes.length);
    // The source looked at many records in vain; timers and sockets get a turn.
    if (chunk.bytes.length === 0) await pause(0, this.#signal);
    return this.#cutBytes(chunk.bytes);
  }

  #cutBytes(bytes: Bytes): Bytes {
    const limit = this.#main?.cutAfterBytes;
    if (limit === undefined || this.#bytes + bytes.length <= limit) {
      this.#bytes += bytes.length;
      return bytes;
    }
    this.#fail(networkError('terminated'));
    return bytes.subarray(0, limit - this.#bytes);
  }

  // All records that may go have gone. What only separates them from the next one still goes, so that the last is whole.
  async #atLimit(): Promise<Bytes | undefined> {
    const next = this.#source.read(1);
    const separator = next?.records === 1 && next.bytes[0] === newline ? next.bytes.subarray(0, 1) : undefined;
    if (this.#main?.stallAfterRecords !== undefined) this.#isStalled = true;
    else this.#fail(networkError('terminated'));
    return separator ?? this.next();
  }

  #fail(failure: unknown): void {
    this.#failure = failure;
    this.#hasFailed = true;
  }
}
