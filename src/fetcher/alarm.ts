import type { Clock } from './clock.ts';
import { Heap } from './heap.ts';

/** The longest that a timer of the platform waits, in milliseconds. */
const LONGEST_TIMER = 2 ** 31 - 1;
/** Below so many dead ones nobody tidies up. */
const FEW_DEAD = 64;

/** Something that is to be called at a time. */
export interface Appointment {
  /** Milliseconds of the clock. */
  readonly at: number;
  /** Undefined once it was called or cancelled. */
  callback: (() => void) | undefined;
}

/** Any number of appointments on one timer of the platform. There is no timer while there is no appointment. */
export class Alarm {
  readonly #clock: Clock;
  readonly #heap = new Heap<Appointment>((left, right) => left.at < right.at);
  #live = 0;
  #timer: unknown;
  /** When the timer rings; infinite without one. */
  #rings = Number.POSITIVE_INFINITY;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Calls back at a time, never before. */
  set(at: number, callback: () => void): Appointment {
    const appointment: Appointment = { at, callback };
    this.#heap.push(appointment);
    this.#live++;
    if (at < this.#rings) this.#wind(at);
    return appointment;
  }

  cancel(appointment: Appointment | undefined): void {
    if (!appointment?.callback) return;
    appointment.callback = undefined;
    if (--this.#live === 0) {
      this.#rest();
      return;
    }
    const dead = this.#heap.size - this.#live;
    if (dead > FEW_DEAD && dead > this.#live) this.#heap.filter(({ callback }) => callback !== undefined);
  }

  #wind(at: number): void {
    this.#clock.clear(this.#timer);
    this.#rings = at;
    const wait = Math.ceil(at - this.#clock.now());
    this.#timer = this.#clock.set(() => this.#ring(), Math.min(LONGEST_TIMER, Math.max(1, wait)));
  }

  #rest(): void {
    this.#clock.clear(this.#timer);
    this.#timer = undefined;
    this.#rings = Number.POSITIVE_INFINITY;
    this.#heap.filter(() => false);
  }

  #ring(): void {
    this.#rings = Number.POSITIVE_INFINITY;
    this.#timer = undefined;
    for (let top = this.#heap.peek(); top; top = this.#heap.peek()) {
      // Timers may ring a little early.
      if (top.callback && top.at > this.#clock.now()) {
        this.#wind(top.at);
        return;
      }
      this.#heap.pop();
      const { callback } = top;
      top.callback = undefined;
      if (!callback) continue;
      this.#live--;
      callback();
    }
  }
}
