import type { RecordCursor } from './listed-records.ts';
import { integerParameter } from './query.ts';
import type { RecordView } from './record-view.ts';
import { compareBytes, type SortedKeys } from './sorted-keys.ts';

/** Keys that a scan goes over: all with a prefix, or one alone. */
interface KeyRange {
  readonly prefix: string;
  readonly isOneKey: boolean;
}

/** Which keys a request wants. */
export interface KeySelection {
  /** In order; none lies within another. */
  readonly ranges: readonly KeyRange[];
  /** Nothing before it, or at it where it is exclusive. */
  readonly from: string;
  readonly isExclusive: boolean;
  /** The most records of each prefix. */
  readonly countEach: number;
}

function rangesOf(query: URLSearchParams): readonly KeyRange[] {
  const prefixes = query.getAll('prefix').map((prefix) => ({ prefix, isOneKey: false }));
  const keys = query.getAll('key').map((prefix) => ({ prefix, isOneKey: true }));
  if (prefixes.length + keys.length === 0) return [{ prefix: '', isOneKey: false }];
  const ranges: KeyRange[] = [];
  // The sort is stable: a prefix comes before the key that is the same text.
  for (const range of [...prefixes, ...keys].sort((left, right) => compareBytes(left.prefix, right.prefix))) {
    const last = ranges.at(-1);
    const isCovered = last?.isOneKey ? last.prefix === range.prefix : last && range.prefix.startsWith(last.prefix);
    if (isCovered !== true) ranges.push(range);
  }
  return ranges;
}

/** Reads off a query which keys it wants: `key`, `prefix`, `prefixcount`, `start` and `startafter`. */
export function keySelectionOf(query: URLSearchParams): KeySelection {
  const after = query.get('startafter');
  return {
    ranges: rangesOf(query),
    from: after ?? query.get('start') ?? '',
    isExclusive: after !== null,
    countEach: integerParameter(query, 'prefixcount') ?? Number.POSITIVE_INFINITY,
  };
}

/** All keys, whatever a query says. */
export const allKeys: KeySelection = {
  ranges: [{ prefix: '', isOneKey: false }],
  from: '',
  isExclusive: false,
  countEach: Number.POSITIVE_INFINITY,
};

/** One key, whatever a query says. */
export function oneKey(key: string): KeySelection {
  return { ...allKeys, ranges: [{ prefix: key, isOneKey: true }] };
}

/** Goes over the selected keys of a set in order, while others may add and remove keys. */
export class KeyCursor implements RecordCursor {
  readonly #keys: SortedKeys;
  readonly #selection: KeySelection;
  readonly #show: (key: string, view: RecordView) => boolean;
  /** The greatest key at the beginning, so that a reader never chases a writer. */
  readonly #last: string | undefined;
  #range = 0;
  /** Records of the current range that met the conditions. */
  #taken = 0;
  /** Where the current range goes on, once it has begun. */
  #key: string | undefined;
  #batch: readonly string[] = [];
  #position = 0;

  /** `show` points a view at the record of a key, or tells that there is none. */
  constructor(keys: SortedKeys, selection: KeySelection, show: (key: string, view: RecordView) => boolean) {
    this.#keys = keys;
    this.#selection = selection;
    this.#show = show;
    this.#last = keys.last;
  }

  next(view: RecordView): boolean {
    for (;;) {
      const range = this.#selection.ranges[this.#range];
      if (range === undefined || this.#last === undefined) return false;
      const key = this.#taken < this.#selection.countEach ? this.#nextKey(range, this.#last) : undefined;
      if (key === undefined) {
        this.#range += 1;
        this.#taken = 0;
        this.#key = undefined;
        this.#batch = [];
        this.#position = 0;
      } else if (this.#show(key, view)) return true;
    }
  }

  taken(): void {
    if (this.#selection.ranges[this.#range]?.isOneKey !== true) this.#taken += 1;
  }

  #nextKey({ prefix, isOneKey }: KeyRange, last: string): string | undefined {
    const { from, isExclusive } = this.#selection;
    const isFirst = this.#key === undefined;
    if (isOneKey) {
      const order = compareBytes(prefix, from);
      if (!isFirst || order < 0 || (order === 0 && isExclusive)) return undefined;
      this.#key = prefix;
      return prefix;
    }
    if (this.#position === this.#batch.length) {
      const begin = compareBytes(prefix, from) > 0 ? prefix : from;
      const batch = this.#keys.from(this.#key ?? begin, isFirst ? isExclusive && begin === from : true);
      const isLast = compareBytes(batch.at(-1) ?? '', last) > 0;
      this.#batch = isLast ? batch.filter((key) => compareBytes(key, last) <= 0) : batch;
      this.#position = 0;
    }
    const key = this.#batch[this.#position];
    this.#position += 1;
    if (key === undefined || !key.startsWith(prefix)) return undefined;
    this.#key = key;
    return key;
  }
}
