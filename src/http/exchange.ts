import type { Scope } from './scope.ts';

/** One request with all its tries, and the body of the answer. */
export interface Exchange {
  /** Ends with the body; aborting it frees the socket. */
  readonly scope: Scope;
  /** The id of the request. */
  readonly requestId: string;
  readonly method: string;
  /** The path of the URL. */
  readonly path: string;
  /** The longest silence between two chunks of the body, in milliseconds. */
  readonly idleTimeout: number;
  /** The headers that its tries were signed with: no error may show what is in them. */
  readonly secrets: Set<string>;
}
