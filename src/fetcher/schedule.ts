import type { Alarm, Appointment } from './alarm.ts';
import type { Clock } from './clock.ts';
import type { Events } from './events.ts';
import type { FetchPolicy } from './fetch-policy.ts';
import type { FetchTask } from './fetch-task.ts';
import type { Lease, Limiter, Outcome } from './limiter.ts';
import { Ring } from './ring.ts';
import { Ticket } from './ticket.ts';
import { type Visit, WaitingGroup } from './visit.ts';

/** How many tasks may be looked up, admitted or ready while all places are taken. */
const AHEAD = 256;
/** How long after a failure of its own a policy is asked again, in milliseconds. */
const POLICY_PAUSE = 1_000;

/** What a {@link Schedule} works with. */
interface Parts {
  readonly alarm: Alarm;
  readonly cache: object | undefined;
  readonly clock: Clock;
  readonly events: Events;
  readonly limiter: Limiter;
}

/**
 * Who sends when. Tasks come from the policy; each of their requests needs a lease of the limiter and one of the places.
 * Whoever waits for a limit, an admission or another try holds no place, and whoever waits for a place holds no lease.
 */
export class Schedule {
  readonly #parts: Parts;
  readonly #policy: FetchPolicy;
  readonly #begin: (ticket: Ticket) => void;
  readonly #groups = new Map<string, WaitingGroup>();
  /** With a lease, in need of a place. */
  readonly #ready = new Ring<Visit>();
  /** Groups that ask for their next lease when there is a place. */
  readonly #line = new Ring<WaitingGroup>();
  /** In need of both. */
  readonly #entrance = new Ring<Visit>();
  #appointment: Appointment | undefined;
  #isPumping = false;
  #passedOver: FetchTask | undefined;
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

  /** Begins what can begin. */
  pump(): void {
    if (this.#isPumping) return;
    this.#isPumping = true;
    while (!this.isPaused) {
      if (this.#hasRoom) {
        const ready = this.#ready.shift();
        if (ready) {
          if (ready.at === 'ready') this.#seat(ready);
          continue;
        }
        const group = this.#line.shift();
        if (group) {
          group.isInLine = false;
          this.#ask(group);
          continue;
        }
        const visit = this.#entrance.shift();
        if (visit) {
          if (visit.at === 'entrance') this.#enter(visit);
          continue;
        }
        // What a cache has needs no place.
      } else if (!this.#parts.cache) break;
      if (this.starting + this.#entrance.size + this.#ready.size >= AHEAD) break;
      const ticket = this.#next();
      if (!ticket) break;
      this.starting++;
      this.#begin(ticket);
    }
    this.#isPumping = false;
  }

  /** Asks for a place; false when that takes its time, which `visit.wait()` tells. */
  enter(visit: Visit): boolean {
    if (visit.isExtra || (!this.isPaused && this.#hasRoom && this.#ready.size + this.#entrance.size === 0)) {
      return this.#claim(visit);
    }
    visit.at = 'entrance';
    this.#entrance.push(visit);
    return false;
  }

  /** Gives back what the visit has, wherever it is. */
  leave(visit: Visit, outcome?: Outcome): void {
    const { at, group, lease } = visit;
    visit.at = undefined;
    if (at === 'place' && !visit.isExtra) this.running--;
    if (at === 'parked' && group) {
      group.parked.died();
      this.#close(group);
    }
    visit.lease = undefined;
    lease?.release(outcome);
    if (at === 'place' || at === 'ready') this.pump();
  }

  get #hasRoom(): boolean {
    return this.running < this.concurrency;
  }

  #next(): Ticket | undefined {
    const { alarm, clock, events } = this.#parts;
    alarm.cancel(this.#appointment);
    const ask = (at: number): undefined => {
      this.#appointment = alarm.set(at, () => this.pump());
    };
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

  #seat(visit: Visit): void {
    visit.at = 'place';
    if (!visit.isExtra) this.running++;
    visit.admit();
  }

  /** Claims for somebody who waits meanwhile. */
  #enter(visit: Visit): void {
    try {
      this.#claim(visit);
    } catch (error) {
      visit.refuse(error);
    }
  }

  /** Sits down where there is a lease at once, and else waits for one. */
  #claim(visit: Visit): boolean {
    const { clock, limiter } = this.#parts;
    let group = this.#groups.size > 0 ? this.#groups.get(limiter.keyOf(visit.url)) : undefined;
    let wish: Promise<Lease> | undefined;
    if (!group) {
      group = new WaitingGroup();
      const lease = limiter.acquire(visit.url, group);
      if (!('then' in lease)) {
        visit.lease = lease;
        this.#seat(visit);
        return true;
      }
      group.key = limiter.keyOf(visit.url);
      this.#groups.set(group.key, group);
      wish = lease;
    }
    visit.at = 'parked';
    visit.group = group;
    visit.since = clock.now();
    group.parked.push(visit, visit.priority);
    if (wish) this.#await(group, wish);
    else this.#ask(group);
    // The limiter may have changed its mind.
    return (visit.at as Visit['at']) === 'place';
  }

  /** Asks for as many leases as there are visits and places for them. */
  #ask(group: WaitingGroup): void {
    const { limiter } = this.#parts;
    const { ahead = 1 } = limiter;
    while (group.asking < Math.min(ahead, group.parked.size)) {
      const visit = group.parked.peek();
      if (!visit) break;
      if (!visit.isExtra && this.running + this.#ready.size >= this.concurrency) {
        if (!group.isInLine) this.#line.push(group);
        group.isInLine = true;
        return;
      }
      try {
        const lease = limiter.acquire(visit.url, group);
        if ('then' in lease) this.#await(group, lease);
        else this.#deliver(group, lease);
      } catch (error) {
        group.parked.shift()?.refuse(error);
      }
    }
    this.#close(group);
  }

  #await(group: WaitingGroup, wish: Promise<Lease>): void {
    group.asking++;
    wish.then(
      (lease) => {
        group.asking--;
        this.#deliver(group, lease);
        this.#ask(group);
      },
      (error: unknown) => {
        group.asking--;
        if (this.#groups.get(group.key) !== group) return;
        group.parked.shift()?.refuse(error);
        this.#ask(group);
      },
    );
  }

  /** Hands a lease to whoever is first. */
  #deliver(group: WaitingGroup, lease: Lease): void {
    const { clock, events, limiter } = this.#parts;
    const visit = group.parked.shift();
    if (!visit) {
      lease.release();
      return;
    }
    if (limiter.keyOf(visit.url) !== group.key) {
      // The rules have changed meanwhile: the lease may be of another key.
      lease.release();
      this.#enter(visit);
      return;
    }
    visit.lease = lease;
    if (events.has('limiterMiss')) {
      const { key } = group;
      events.emit('limiterMiss', { url: visit.ticket.task.url, key, waited: clock.now() - visit.since });
    }
    if (visit.isExtra || (this.#hasRoom && !this.isPaused)) {
      this.#seat(visit);
      return;
    }
    visit.at = 'ready';
    this.#ready.push(visit);
  }

  /** Forgets a group for which nobody waits. */
  #close(group: WaitingGroup): void {
    if (group.parked.size > 0 || this.#groups.get(group.key) !== group) return;
    this.#groups.delete(group.key);
    group.close();
  }
}
