/** The most keys of one chunk: small enough that an insertion into its middle costs next to nothing. */
const maxChunkLength = 1024;

const aboveSurrogates = /[\ud800-\uffff]/;

/**
 * Text whose order by UTF-16 units is the order of the given text by UTF-8 bytes: surrogates move behind the units that
 * stand above them.
 */
function toRank(key: string): string {
  return aboveSurrogates.test(key) ? moveUnits(key, (unit) => (unit < 0xe000 ? unit + 0x2000 : unit - 0x800)) : key;
}

function fromRank(rank: string): string {
  return aboveSurrogates.test(rank) ? moveUnits(rank, (unit) => (unit < 0xf800 ? unit + 0x800 : unit - 0x2000)) : rank;
}

function moveUnits(text: string, move: (unit: number) => number): string {
  return text.replace(/[\ud800-\uffff]/g, (character) => String.fromCharCode(move(character.charCodeAt(0))));
}

/** Compares two keys by the bytes of their UTF-8, as the server orders them. */
export function compareBytes(left: string, right: string): number {
  const leftRank = toRank(left);
  const rightRank = toRank(right);
  return leftRank < rightRank ? -1 : leftRank > rightRank ? 1 : 0;
}

/** The position of the first rank that is not below the given one. */
function lowerBound(ranks: readonly string[], rank: string): number {
  let low = 0;
  let high = ranks.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((ranks[middle] ?? '') < rank) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** A set of keys in the order of their bytes: a list of short sorted lists, so that nothing is ever sorted as a whole. */
export class SortedKeys {
  /** None is empty; the last rank of each is below the first of the next. */
  readonly #chunks: string[][] = [];
  #size = 0;

  /** How many keys there are. */
  get size(): number {
    return this.#size;
  }

  /** The greatest key. */
  get last(): string | undefined {
    const rank = this.#chunks.at(-1)?.at(-1);
    return rank === undefined ? undefined : fromRank(rank);
  }

  /** Adds a key, which may be there already. */
  add(key: string): void {
    const rank = toRank(key);
    const index = Math.min(this.#chunkFor(rank), this.#chunks.length - 1);
    const chunk = this.#chunks[index];
    if (chunk === undefined) {
      this.#chunks.push([rank]);
      this.#size += 1;
      return;
    }
    const position = lowerBound(chunk, rank);
    if (chunk[position] === rank) return;
    chunk.splice(position, 0, rank);
    this.#size += 1;
    if (chunk.length <= maxChunkLength) return;
    // Keys that come in order leave full chunks behind; others split theirs in halves.
    const isAtEnd = position === chunk.length - 1;
    this.#chunks.splice(index + 1, 0, chunk.splice(isAtEnd ? position : maxChunkLength / 2));
  }

  /** Removes a key, which need not be there. */
  delete(key: string): void {
    const rank = toRank(key);
    const index = this.#chunkFor(rank);
    const chunk = this.#chunks[index] ?? [];
    const position = lowerBound(chunk, rank);
    if (chunk[position] !== rank) return;
    chunk.splice(position, 1);
    this.#size -= 1;
    if (chunk.length === 0) this.#chunks.splice(index, 1);
  }

  /** Some keys from one on, in order, or behind it; none at the end. */
  from(key: string, isExclusive: boolean): string[] {
    const rank = toRank(key);
    const index = this.#chunkFor(rank);
    const chunk = this.#chunks[index] ?? [];
    const position = lowerBound(chunk, rank);
    const ranks = chunk.slice(isExclusive && chunk[position] === rank ? position + 1 : position);
    return (ranks.length > 0 ? ranks : (this.#chunks[index + 1] ?? [])).map(fromRank);
  }

  /** The first chunk whose last rank is not below the given one. */
  #chunkFor(rank: string): number {
    let low = 0;
    let high = this.#chunks.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#chunks[middle]?.at(-1) ?? '') < rank) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
