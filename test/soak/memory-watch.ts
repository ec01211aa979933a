import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

/** What a proof may add to what is alive in the memory of the process, in MiB. */
const GROWTH = 40;
/** How often a proof looks. */
const LOOKS = 20;
const MIB: number = 2 ** 20;

/**
 * How much more is alive in this process than before. What the process holds says less: V8 gives more room to young
 * objects the more of them there are, and takes its time to give it back.
 */
export class MemoryWatch {
  readonly #every: number;
  readonly #before: number;
  #peak: number;
  #next: number;

  /** `total` is how far a proof goes. */
  constructor(total: number) {
    this.#every = Math.ceil(total / LOOKS);
    this.#next = this.#every;
    this.#before = alive();
    this.#peak = this.#before;
  }

  /** Told how far the proof is; looks now and then. */
  at(place: number): void {
    if (place < this.#next) return;
    this.#next = place + this.#every;
    this.#peak = Math.max(this.#peak, alive());
  }

  /** The most so far, in MiB. */
  get growth(): number {
    return Math.round((this.#peak - this.#before) / MIB);
  }

  get isFlat(): boolean {
    return this.growth <= GROWTH;
  }
}

function alive(): number {
  collect();
  const { external, heapUsed } = process.memoryUsage();
  return heapUsed + external;
}
