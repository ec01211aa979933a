import { Lanes } from './lanes.ts';
import type { AcquireOptions, Lease } from './limiter.ts';
import type { Ticket } from './ticket.ts';

/** One request on its way to a place, and in it. */
export class Visit {
  readonly ticket: Ticket;
  readonly url: URL;
  readonly priority: number;
  /** Whether it needs no place, only a lease. */
  readonly isExtra: boolean;
  lease: Lease | undefined;
  /** Where it is: undefined when it has left, or has not come. */
  at: 'entrance' | 'parked' | 'ready' | 'place' | undefined;
  group: WaitingGroup | undefined;
  /** When it began to wait for its limit. */
  since = 0;
  #tell: { resolve(): void; reject(error: unknown): void } | undefined;
  #refusal: { readonly error: unknown } | undefined;

  constructor(ticket: Ticket, url: URL, priority: number, isExtra: boolean) {
    this.ticket = ticket;
    this.url = url;
    this.priority = priority;
    this.isExtra = isExtra;
  }

  /** Resolves when it has a place. */
  wait(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#tell = { resolve, reject };
      if (this.#refusal) reject(this.#refusal.error);
    });
  }

  admit(): void {
    this.#tell?.resolve();
  }

  refuse(error: unknown): void {
    this.at = undefined;
    this.#refusal = { error };
    this.#tell?.reject(error);
  }
}

/** Those that wait for one key of the limiter. It is also what goes with its wishes. */
export class WaitingGroup implements AcquireOptions {
  /** Known when somebody waits. */
  key = '';
  /** How many calls of `acquire` are out. */
  asking = 0;
  /** Whether it is in line for a place before it asks for another lease. */
  isInLine = false;
  #parked: Lanes<Visit> | undefined;
  #controller: AbortController | undefined;

  /** Made when somebody has to wait. */
  get parked(): Lanes<Visit> {
    this.#parked ??= new Lanes(({ at }) => at === 'parked');
    return this.#parked;
  }

  get signal(): AbortSignal {
    this.#controller ??= new AbortController();
    return this.#controller.signal;
  }

  /** Nobody waits any more. */
  close(): void {
    this.#controller?.abort();
  }
}
