/** The four kinds of data that a job has. */
export type ResourceName = 'items' | 'logs' | 'requests' | 'samples';

export const resourceNames: readonly ResourceName[] = ['items', 'logs', 'requests', 'samples'];

/** One record on its way into the store. */
export interface Entry {
  /** Compact JSON, without a newline. */
  readonly line: string;
  /** The same, parsed: what the statistics count. */
  readonly value: unknown;
}

/** What differs between items, logs, requests, samples and what else is read as records. */
export interface RecordKind {
  readonly name: ResourceName | 'activity' | 'collections' | 'fingerprints';
  /** Whether every line ends with a newline; if not, newlines only stand between lines. */
  readonly terminated: boolean;
  /** Where `_key` and `_ts` go in a line; samples are arrays and take none. */
  readonly meta: 'first' | 'last' | 'none';
  /** Makes the stored form of a value, of the text it was parsed from where there is one. Throws a `Refusal`. */
  entry(value: unknown, text: string | undefined, now: number): Entry;
  readonly stats: StatsRules | undefined;
}

/** How the statistics of a resource come about. */
export interface StatsRules {
  /** The names that a record adds one to. */
  count(value: unknown): readonly string[];
  /** What a record adds to `input_bytes`. */
  size(value: unknown): number;
}
