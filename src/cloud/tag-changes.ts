import type { CallOptions } from '../http/index.ts';

/** Which tags are added and which are taken off. */
export interface TagChanges extends CallOptions {
  readonly add?: string | readonly string[];
  readonly remove?: string | readonly string[];
}
