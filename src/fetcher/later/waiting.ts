import type { AcquireOptions, Lease, Limiter } from '../limiter.ts';
import type { Claims, Schedule } from '../schedule.ts';
import type { Shared } from '../shared.ts';
import type { Visit } from '../visit.ts';
import { Lanes, Ring } from './needs.ts';

/** Those who need a lease of a limiter, and wait for it by their keys. */
export class Waiting implements Claims {
  readonly #schedule: Schedule;
  readonly #limiter: Limiter;
  readonly #shared: Pick<Shared, 'clock' | 'events'>;
  readonly #groups = new Map<string, Group>();
  /** Groups that ask for their next lease when there is a place. */
  readonly #line: Ring<Group>;
  readonly ready: Ring<Visit>;

  constructor(schedule: Schedule, limiter: Limiter, shared: Pick<Shared, 'clock' | 'events'>) {
    this.#schedule = schedule;
    this.#limiter = limiter;
    this.#shared = shared;
    this.#line = new Ring();
    this.ready = new Ring();
  }

  next(): boolean {
    const visit = this.ready.shift();
    if (visit) {
      if (visit.at === 'ready') this.#schedule.seat(visit);
      return true;
    }
    const group = this.#line.shift();
    if (!group) return false;
    group.isInLine = false;
    this.#ask(group);
    return true;
  }

  claim(visit: Visit): void {
    const limiter = this.#limiter;
    try {
      let group = this.#groups.size > 0 ? this.#groups.get(limiter.keyOf(visit.target.url)) : undefined;
      if (group) {
        this.#park(visit, group);
        this.#ask(group);
        return;
      }
      group = new Group();
      const lease = limiter.acquire(visit.target.url, group);
      if ('then' in lease) {
        group.key = limiter.keyOf(visit.target.url);
        this.#groups.set(group.key, group);
        this.#park(visit, group);
        this.#await(group, lease);
        return;
      }
      visit.lease = lease;
    } catch (error) {
      visit.refuse(error);
      return;
    }
    this.#schedule.seat(visit);
  }

  left({ key = '' }: Visit): void {
    const group = this.#groups.get(key);
    if (!group) return;
    group.parked?.died();
    this.#close(group);
  }

  #park(visit: Visit, group: Group): void {
    visit.at = 'parked';
    visit.key = group.key;
    visit.since = this.#shared.clock.now();
    group.parked ??= new Lanes(({ at }) => at === 'parked');
    const { attempts, hops, ticket } = visit.trip;
    // What was begun comes before what was not.
    group.parked.push(visit, attempts + hops > 1 ? Number.POSITIVE_INFINITY : ticket.task.priority);
  }

  /** Asks for as many leases as there are visits and places for them. */
  #ask(group: Group): void {
    const { ahead = 1 } = this.#limiter;
    while (group.asking < Math.min(ahead, group.size)) {
      const visit = group.parked?.peek();
      if (!visit) break;
      if (!visit.trip.isExtra && this.#schedule.running + this.ready.size >= this.#schedule.concurrency) {
        if (!group.isInLine) this.#line.push(group);
        group.isInLine = true;
        return;
      }
      try {
        const lease = this.#limiter.acquire(visit.target.url, group);
        if ('then' in lease) this.#await(group, lease);
        else this.#deliver(group, lease);
      } catch (error) {
        group.parked?.shift()?.refuse(error);
      }
    }
    this.#close(group);
  }

  #await(group: Group, wish: Promise<Lease>): void {
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
        group.parked?.shift()?.refuse(error);
        this.#ask(group);
      },
    );
  }

  /** Hands a lease to whoever is first. */
  #deliver(group: Group, lease: Lease): void {
    const { clock, events } = this.#shared;
    const visit = group.parked?.shift();
    if (!visit) {
      lease.release();
      return;
    }
    if (this.#limiter.keyOf(visit.target.url) !== group.key) {
      // The rules have changed meanwhile: the lease may be of another key.
      lease.release();
      this.claim(visit);
      return;
    }
    visit.lease = lease;
    if (events.has('limiterMiss')) {
      const { since = 0, trip } = visit;
      events.emit('limiterMiss', { url: trip.ticket.task.url, key: group.key, waited: clock.now() - since });
    }
    if (visit.trip.isExtra || this.#schedule.hasRoom) {
      this.#schedule.seat(visit);
      return;
    }
    visit.at = 'ready';
    this.ready.push(visit);
  }

  /** Forgets a group for which nobody waits. */
  #close(group: Group): void {
    if (group.size > 0 || this.#groups.get(group.key) !== group) return;
    this.#groups.delete(group.key);
    group.close();
  }
}

/** Those that wait for one key of the limiter. It is also what goes with its wishes. */
class Group implements AcquireOptions {
  /** Known when somebody waits. */
  key = '';
  /** How many calls of `acquire` are out. */
  asking = 0;
  /** Whether it is in line for a place before it asks for another lease. */
  isInLine = false;
  /** Made when somebody has to wait. */
  parked: Lanes<Visit> | undefined;
  #controller: AbortController | undefined;

  /** How many wait. */
  get size(): number {
    return this.parked?.size ?? 0;
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
