/** Records that follow each other. */
export interface RecordRange {
  /** The index of the first. */
  readonly start: number;
  readonly count: number;
}
