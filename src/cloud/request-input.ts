/** A request to store. */
export interface RequestInput {
  readonly url: string;
  readonly status: number;
  readonly method: string;
  /** The size of the answer, in bytes. */
  readonly rs: number;
  /** Milliseconds. */
  readonly duration: number;
  /** Milliseconds since the epoch. @default now */
  readonly ts?: number | Date;
  /** What `add` resolved to for the request that led to this one. */
  readonly parent?: number | null;
  /** The fingerprint. */
  readonly fp?: string | null;
}
