/** One figure. */
export interface Row {
  /** What was measured, from the general to the particular, such as `throughput/items/batches`. */
  readonly name: string;
  readonly value: number;
  /** `ratio` is to the reference (or to what the name says), above 1 is better; the other units are what they say. */
  readonly unit: 'ratio' | 'MB/s' | 'records/s' | 'requests/s' | 'MB' | 'ms' | 'ns' | 'B' | 'contradictions';
  /** What the value is to be; null where there is no goal. */
  readonly goal: number | null;
  readonly ok: boolean;
}

/** A goal: the value is at least or at most so much. */
export interface Goal {
  readonly least?: number;
  readonly most?: number;
}

interface Entry {
  readonly row: Row;
  /** What it is to be, for people. */
  readonly wanted: string;
  /** Missed by more than a tenth: a benchmark is no clock, and a smaller miss is told only. */
  readonly far: boolean;
}

/** Collects the figures and prints them. */
export class Report {
  readonly #json: boolean;
  readonly #entries: Entry[] = [];
  /** How many of the figures are printed. */
  #printed = 0;

  constructor(json: boolean) {
    this.#json = json;
  }

  /** A figure, and what it is to be. */
  add(name: string, value: number, unit: Row['unit'], { least, most }: Goal = {}): void {
    const rounded = Number(value.toPrecision(unit === 'ratio' ? 3 : 4));
    const ok = (least === undefined || rounded >= least) && (most === undefined || rounded <= most);
    const far = (least !== undefined && rounded < least * 0.9) || (most !== undefined && rounded > most * 1.1);
    const wanted = least === undefined ? (most === undefined ? '' : `at most ${most}`) : `at least ${least}`;
    const row: Row = { name, value: rounded, unit, goal: least ?? most ?? null, ok };
    this.#entries.push({ row, wanted, far });
    if (this.#json) console.log(JSON.stringify(row));
  }

  /** How often a measurement contradicted what must be true. Anything but zero is a bug of the benchmark. */
  sanity(name: string, contradictions: readonly string[]): void {
    for (const contradiction of contradictions) console.error(`${name}: ${contradiction}`);
    this.add(`sanity/${name}`, contradictions.length, 'contradictions', { most: 0 });
  }

  /** A remark for people. */
  note(text: string): void {
    if (this.#json) console.error(text);
    else console.log(text);
  }

  /** Prints what was added since the last time, in groups by the names up to their last part. */
  print(): void {
    const fresh = this.#entries.slice(this.#printed);
    this.#printed = this.#entries.length;
    if (this.#json) return;
    const groupOf = ({ row: { name } }: Entry): string => name.slice(0, name.lastIndexOf('/'));
    for (const group of new Set(fresh.map(groupOf))) {
      const entries = fresh.filter((entry) => groupOf(entry) === group);
      // What does not contradict itself needs no line.
      const shown = entries.filter(({ row }) => row.unit !== 'contradictions' || !row.ok);
      if (shown.length > 0) console.log(`\n${group}`);
      for (const { row, wanted } of shown) {
        const label = row.name.slice(group.length + 1).padEnd(36);
        console.log(
          `  ${label}${String(row.value).padStart(10)} ${row.unit.padEnd(7)} ${wanted}${row.ok ? '' : ', MISSED'}`.trimEnd(),
        );
      }
    }
  }

  /** What is to be known at the end. */
  summarize(): void {
    const rows = this.#entries.map(({ row }) => row);
    const checks = rows.filter(({ unit }) => unit === 'contradictions');
    this.note(`${checks.length} checks of the benchmark itself, ${checks.filter(({ ok }) => !ok).length} failed`);
    for (const { name, value, unit, goal } of rows.filter(({ ok }) => !ok)) {
      this.note(`missed: ${name} is ${value} ${unit}, the goal is ${goal}`);
    }
  }

  /** Whether nothing contradicts itself and, where goals count, none is missed by more than a tenth. */
  passed(goalsCount: boolean): boolean {
    return this.#entries.every(({ row, far }) => !far || (!goalsCount && row.unit !== 'contradictions'));
  }
}

/** The one in the middle. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((left, right) => left - right);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 ? upper : ((sorted[middle - 1] ?? Number.NaN) + upper) / 2;
}

/** The median of what `left` is of `right`, round by round: what slows the machine down slows both. */
export function medianRatio(left: readonly number[], right: readonly number[]): number {
  return median(left.map((value, round) => value / (right[round] ?? Number.NaN)));
}
