import type { Lease } from './limiter.ts';
import type { Ticket } from './ticket.ts';

/** One request on its way to a place, and in it. */
export interface Visit {
  /** Whose it is. If it is extra, it needs no place, only a lease. */
  readonly trip: {
    readonly ticket: Ticket;
    readonly attempts: number;
    readonly hops: number;
    readonly isExtra: boolean;
  };
  readonly target: { readonly url: URL };
  lease: Lease | undefined;
  /** Where it is: undefined when it has left, or has not come. */
  at: 'entrance' | 'parked' | 'ready' | 'place' | undefined;
  /** The key for whose lease it waits, and since when. */
  key?: string;
  since?: number;
  /** Told once, when it has its place. */
  admit(): void;
  /** Told that it gets none, and why. */
  refuse(error: unknown): void;
}
