import type { Alarm, Appointment } from '../alarm.ts';
import type { Clock } from '../clock.ts';
import type { Line } from '../line.ts';

/** What is given up unless something happens in time. */
export interface Watched {
  /** When its time is up, in milliseconds of the clock. While it is watched it may move to later. */
  due: number;
  /** What ends then. */
  readonly line: Line;
}

/** Looks after all that is in the air, with one appointment: a request needs none of its own. */
export class Watch {
  readonly #alarm: Alarm;
  readonly #clock: Clock;
  readonly #all = new Set<Watched>();
  readonly #late: (one: Watched) => void;
  #next: Appointment | undefined;

  /** `late` is told whose time is up. */
  constructor(alarm: Alarm, clock: Clock, late: (one: Watched) => void) {
    this.#alarm = alarm;
    this.#clock = clock;
    this.#late = late;
  }

  /** Watches it for so many milliseconds; infinity is for ever, which needs nobody who looks. */
  add(one: Watched, milliseconds: number): void {
    one.due = this.#clock.now() + milliseconds;
    if (milliseconds === Number.POSITIVE_INFINITY) return;
    this.#all.add(one);
    this.#meet(one.due);
  }

  delete(one: Watched): void {
    if (!this.#all.delete(one) || this.#all.size > 0) return;
    this.#alarm.cancel(this.#next);
    this.#next = undefined;
  }

  #meet(at: number): void {
    if (this.#next && this.#next.at <= at) return;
    this.#alarm.cancel(this.#next);
    this.#next = this.#alarm.set(at, this.#look);
  }

  readonly #look = (): void => {
    this.#next = undefined;
    const now = this.#clock.now();
    let next = Number.POSITIVE_INFINITY;
    for (const one of this.#all) {
      if (one.due > now) next = Math.min(next, one.due);
      else {
        this.#all.delete(one);
        this.#late(one);
      }
    }
    if (next < Number.POSITIVE_INFINITY) this.#meet(next);
  };
}
