import type { Clock } from './clock.ts';
import type { Events } from './events.ts';
import type { FetchPolicy } from './fetch-policy.ts';
import type { FetchTask } from './fetch-task.ts';
import type { Outcome } from './limiter.ts';
import { Ring } from './ring.ts';
import { Ticket } from './ticket.ts';
import type { Visit } from './visit.ts';

/** How many tasks may be looked up, admitted or ready while all places are taken. */
const AHEAD = 256;
/** How long after a failure of its own a policy is asked again, in milliseconds. */
const POLICY_PAUSE = 1_000;
/** The longest that a timer of the platform waits, in milliseconds. */
const LONGEST_TIMER = 2 ** 31 - 1;

/** What a {@link Schedule} works with. */
interface Parts {
  readonly cache: object | undefined;
  readonly clock: Clock;
  readonly events: Events;
}

/** Those who need a lease beside a place. */
export interface Claims {
  /** With a lease, in need of a place. */
  readonly ready: { readonly size: number };
  /** There is a place: whether anybody was there who might make use of it. */
  next(): boolean;
  /** Sits down where there is a lease at once, and else waits for one. */
  claim(visit: Visit): void;
  /** It waits no more. */
  left(visit: Visit): void;
}

/**
 * Who sends when. Tasks come from the policy; each of their requests needs one of the places, and where there is a
 * limiter a lease of it. Whoever waits for a limit, an admission or another try holds no place, and whoever waits for a
 * place holds no lease.
 */
export class Schedule {
  readonly #parts: Parts;
  readonly #policy: FetchPolicy;
  readonly #begin: (ticket: Ticket) => void;
  /** In need of a place, and of a lease. */
  readonly #entrance = new Ring<Visit>();
  #timer: unknown;
  #isPumping = false;
  #passedOver: FetchTask | undefined;
  /** Those who need a lease; undefined where nothing is limited. */
  waiting: Claims | undefined;
  /** Tasks that were begun and have not come for a place yet. */
  starting = 0;
  running = 0;
  isPaused = true;
  concurrency: number;

  /** `begin` begins a task. */
  constructor(concurrency: number, parts: Parts, policy: FetchPolicy, begin: (ticket: Ticket) => void) {
    this.concurrency = concurrency;
    this.#parts = parts;
    this.#policy = policy;
    this.#begin = begin;
  }

  /** Whether there is a place for one more. */
  get hasRoom(): boolean {
    return this.running < this.concurrency && !this.isPaused;
  }

  /** How many are in need of a place, and come before those who begin. */
  get #ahead(): number {
    return this.#entrance.size + (this.waiting?.ready.size ?? 0);
  }

  /** Begins what can begin. */
  pump(): void {
    if (this.#isPumping) return;
    this.#isPumping = true;
    while (!this.isPaused) {
      if (this.hasRoom) {
        if (this.waiting?.next()) continue;
        const visit = this.#entrance.shift();
        if (visit) {
          if (visit.at === 'entrance') this.claim(visit);
          continue;
        }
        // What a cache has needs no place.
      } else if (!this.#parts.cache) break;
      if (this.starting + this.#ahead >= AHEAD) break;
      const ticket = this.#next();
      if (!ticket) break;
      this.starting++;
      this.#begin(ticket);
    }
    this.#isPumping = false;
  }

  /** Asks for a place, which may be given at once. */
  enter(visit: Visit): void {
    if (visit.trip.isExtra || (this.hasRoom && this.#ahead === 0)) this.claim(visit);
    else {
      visit.at = 'entrance';
      this.#entrance.push(visit);
    }
  }

  /** There is a place: sits down where there is a lease at once, and else waits for one. */
  claim(visit: Visit): void {
    if (this.waiting) this.waiting.claim(visit);
    else this.seat(visit);
  }

  seat(visit: Visit): void {
    visit.at = 'place';
    if (!visit.trip.isExtra) this.running++;
    visit.admit();
  }

  /** Gives back what the visit has, wherever it is. */
  leave(visit: Visit, outcome?: Outcome): void {
    const { at, lease } = visit;
    visit.at = visit.lease = undefined;
    if (at === 'place' && !visit.trip.isExtra) this.running--;
    if (at === 'parked') this.waiting?.left(visit);
    lease?.release(outcome);
    if (at === 'place' || at === 'ready') this.pump();
  }

  #next(): Ticket | undefined {
    const { clock, events } = this.#parts;
    const ask = (at: number): undefined => {
      // Whoever is asked too early says so again.
      const wait = Math.min(LONGEST_TIMER, Math.max(1, Math.ceil(at - clock.now())));
      this.#timer = clock.set(() => this.pump(), wait);
    };
    if (this.#timer !== undefined) clock.clear(this.#timer);
    this.#timer = undefined;
    try {
      for (;;) {
        const next = this.#policy.next(clock.now());
        if (next === undefined) return undefined;
        if (typeof next === 'number') return next < Number.POSITIVE_INFINITY ? ask(next) : undefined;
        const { ticket } = next;
        if (ticket instanceof Ticket && ticket.isQueued) {
          ticket.isQueued = false;
          return ticket;
        }
        // A task that was cancelled is passed over; one that comes again and again is a policy's mistake.
        if (this.#passedOver === next) return undefined;
        this.#passedOver = next;
      }
    } catch (error) {
      events.report(error, 'policy');
      return ask(clock.now() + POLICY_PAUSE);
    }
  }
}
