import { Alarm, type Appointment } from '../fetcher/alarm.ts';
import type { Clock } from '../fetcher/clock.ts';
import type { FetchTask } from '../fetcher/fetch-task.ts';
import { Heap } from '../fetcher/heap.ts';
import { Lanes } from '../fetcher/lanes.ts';
import type { Lease, Outcome } from '../fetcher/limiter.ts';
import type { AutoThrottle } from './auto-throttle.ts';

/** How many keys are remembered before those are forgotten that are at rest. */
const FEW_HOSTS = 1024;
/** The shortest pause after 429 or 503 without `Retry-After`; it doubles with each that follows, in milliseconds. */
const PAUSE = 1_000;
/** Beyond so many doublings every limit is reached. */
const MOST_STRIKES = 20;

/** How a {@link HostSchedule} works. All durations are milliseconds. */
export interface HostScheduleOptions {
  readonly clock: Clock;
  readonly delay: number;
  readonly jitter: number;
  readonly delayFrom: 'completion' | 'start';
  readonly concurrency: number;
  readonly autoThrottle: AutoThrottle | undefined;
  readonly maxPause: number;
  /** Told of a pause. */
  readonly onPause: (key: string, delay: number, outcome: Outcome) => void;
  /** Told when there may be a task that may go. */
  readonly onReady: () => void;
}

/** A wish for a request, behind a redirect or for another try. */
interface Waiter {
  isWaiting: boolean;
  resolve(turn: Turn): void;
}

/** The place of a host among those that are due, by time and then by turn. */
interface Due {
  readonly host: Host;
  readonly at: number;
  readonly turn: number;
}

const isWaiting = (one: FetchTask | Waiter): boolean => one.isWaiting;

/** What is known of a key: who waits, and from when on there may be another request. */
export class Host {
  readonly key: string;
  readonly tasks: Lanes<FetchTask> = new Lanes<FetchTask>(isWaiting);
  #waiters: Lanes<Waiter> | undefined;
  /** Requests as of now, also those that are about to be sent. */
  running = 0;
  /** Of them those that are about to be sent. */
  unsent = 0;
  readyAt = 0;
  /** Its own part of the delay, which follows how fast it answers. */
  delay: number;
  /** How often in a row it had too much. */
  strikes = 0;
  /** Whether its tasks wait for something else than time. */
  isBlocked = false;
  /** Undefined when it is not among those that are due. */
  due: Due | undefined = undefined;
  appointment: Appointment | undefined = undefined;

  constructor(key: string, delay: number) {
    this.key = key;
    this.delay = delay;
  }

  /** They come before tasks: what was begun shall come to its end. Few hosts ever have one. */
  get waiters(): Lanes<Waiter> {
    this.#waiters ??= new Lanes<Waiter>(isWaiting);
    return this.#waiters;
  }

  get hasWaiters(): boolean {
    return this.#waiters !== undefined && this.#waiters.size > 0;
  }
}

/** Leave for one request to a key. */
export class Turn implements Lease {
  readonly host: Host;
  readonly #schedule: HostSchedule;
  /** A delay that the site asked for. */
  crawlDelay = 0;
  #isHeld = true;
  #begun: number | undefined;

  constructor(host: Host, schedule: HostSchedule) {
    this.host = host;
    this.#schedule = schedule;
    host.running++;
    host.unsent++;
  }

  get key(): string {
    return this.host.key;
  }

  begin(): void {
    if (this.#begun !== undefined || !this.#isHeld) return;
    this.host.unsent--;
    this.#begun = this.#schedule.sent(this);
  }

  release(outcome?: Outcome): void {
    if (!this.#isHeld) return;
    if (outcome) this.begin();
    this.#isHeld = false;
    this.host.running--;
    if (this.#begun === undefined) this.host.unsent--;
    this.#schedule.ended(this, this.#begun === undefined ? undefined : (outcome ?? { latency: 0 }));
  }
}

/**
 * Which key may have a request, and when: a heap of the times at which those are due that have tasks. Whatever waits for
 * one key holds up no other.
 */
export class HostSchedule {
  readonly #options: HostScheduleOptions;
  readonly #alarm: Alarm;
  readonly #hosts = new Map<string, Host>();
  readonly #heap = new Heap<Due>(
    (left, right) => left.at < right.at || (left.at === right.at && left.turn < right.turn),
  );
  #manyHosts = FEW_HOSTS;
  #turns = 0;
  /** How many tasks wait. */
  size = 0;

  constructor(options: HostScheduleOptions) {
    this.#options = options;
    this.#alarm = new Alarm(options.clock);
  }

  push(key: string, task: FetchTask): void {
    const host = this.#host(key);
    host.tasks.push(task, task.priority);
    this.size++;
    this.#list(host);
  }

  /** A task that waits was given up. */
  remove(key: string): void {
    this.#hosts.get(key)?.tasks.died();
    this.size--;
  }

  /** A host whose turn it is, taken from its place; or the time at which there will be one; or undefined. */
  next(now: number): Host | number | undefined {
    for (let top = this.#heap.peek(); top; top = this.#heap.peek()) {
      const { at, host } = top;
      const isStale = host.due !== top;
      if (!isStale && at > now) return at;
      this.#heap.pop();
      if (isStale) continue;
      host.due = undefined;
      // Since it got its place it may have been paused, or have begun with something else.
      if (host.readyAt > now) this.#list(host);
      else if (this.#isFree(host) && this.#hasOnlyTasks(host) && host.tasks.peek() !== undefined) return host;
    }
    return undefined;
  }

  /** Takes the host's next task, with leave to send it. */
  take(host: Host): { readonly task: FetchTask; readonly turn: Turn } {
    const task = host.tasks.shift() as FetchTask;
    this.size--;
    return { task, turn: new Turn(host, this) };
  }

  /** Has the tasks of a host wait for something else than time; its other requests go on. */
  block(host: Host): () => void {
    host.isBlocked = true;
    return () => {
      host.isBlocked = false;
      this.#serve(host);
    };
  }

  /** Leave for one more request, at once or when it is its turn. */
  acquire(key: string, signal?: () => AbortSignal): Turn | Promise<Turn> {
    const host = this.#host(key);
    if (this.#isFree(host) && !host.hasWaiters && host.readyAt <= this.#options.clock.now()) {
      return new Turn(host, this);
    }
    return new Promise((resolve, reject) => {
      const waiter: Waiter = { isWaiting: true, resolve };
      const aborted = signal?.();
      const leave = (): void => {
        if (!waiter.isWaiting) return;
        waiter.isWaiting = false;
        host.waiters.died();
        reject(aborted?.reason);
        this.#serve(host);
      };
      host.waiters.push(waiter, 0);
      if (aborted?.aborted) leave();
      else aborted?.addEventListener('abort', leave, { once: true });
      this.#serve(host);
    });
  }

  /** A request is being sent. */
  sent({ crawlDelay, host }: Turn): number {
    const now = this.#options.clock.now();
    host.readyAt = Math.max(host.readyAt, now + this.#rest(host, crawlDelay));
    this.#serve(host);
    return now;
  }

  /** A request is over; without an outcome none was sent. */
  ended({ crawlDelay, host }: Turn, outcome: Outcome | undefined): void {
    const { autoThrottle, clock, delayFrom } = this.#options;
    const now = clock.now();
    if (outcome) {
      if (autoThrottle && !outcome.error) host.delay = autoThrottle.next(host.delay, outcome);
      if (delayFrom === 'completion') host.readyAt = Math.max(host.readyAt, now + this.#rest(host, crawlDelay));
      this.#learn(host, outcome, now);
    }
    this.#serve(host);
  }

  #rest({ delay }: Host, crawlDelay: number): number {
    return Math.max(delay, crawlDelay) * (1 + this.#options.jitter * Math.random());
  }

  /** Gives a site rest that asks for it. */
  #learn(host: Host, outcome: Outcome, now: number): void {
    const { maxPause, onPause } = this.#options;
    const { rest, status = 0 } = outcome;
    const hasTooMuch = status === 429 || status === 503;
    if (hasTooMuch) host.strikes = Math.min(MOST_STRIKES, host.strikes + 1);
    else if (status > 0) host.strikes = 0;
    if (!rest && !hasTooMuch) return;
    const pause = Math.min(maxPause, rest || Math.max(PAUSE, host.delay) * 2 ** (host.strikes - 1));
    host.readyAt = Math.max(host.readyAt, now + pause);
    onPause(host.key, pause, outcome);
  }

  #host(key: string): Host {
    const known = this.#hosts.get(key);
    if (known) return known;
    if (this.#hosts.size >= this.#manyHosts) {
      const now = this.#options.clock.now();
      for (const [name, { hasWaiters, isBlocked, readyAt, running, tasks }] of this.#hosts) {
        const isAtRest = running === 0 && tasks.size === 0 && !hasWaiters && readyAt <= now && !isBlocked;
        if (isAtRest) this.#hosts.delete(name);
      }
      this.#manyHosts = Math.max(FEW_HOSTS, this.#hosts.size * 2);
    }
    const host = new Host(key, this.#options.autoThrottle?.start ?? this.#options.delay);
    this.#hosts.set(key, host);
    return host;
  }

  /** Whether there may be another request, but for the time. One is sent before the next may go. */
  #isFree(host: Host): boolean {
    return host.unsent === 0 && host.running < this.#options.concurrency;
  }

  /** Lets whoever is first at a host go when it is time. */
  #serve(host: Host): void {
    if (!this.#isFree(host)) return;
    const now = this.#options.clock.now();
    const waiter = host.hasWaiters ? host.waiters.peek() : undefined;
    if (waiter) {
      this.#alarm.cancel(host.appointment);
      if (host.readyAt > now) {
        host.appointment = this.#alarm.set(host.readyAt, () => this.#serve(host));
        return;
      }
      host.waiters.shift();
      waiter.isWaiting = false;
      waiter.resolve(new Turn(host, this));
    } else if (this.#list(host)) this.#options.onReady();
  }

  #hasOnlyTasks({ hasWaiters, isBlocked, tasks }: Host): boolean {
    return tasks.size > 0 && !hasWaiters && !isBlocked;
  }

  /** Gives a host its place among those that are due. */
  #list(host: Host): boolean {
    if (host.due || !this.#isFree(host) || !this.#hasOnlyTasks(host)) return false;
    // Whoever is late stands behind those that are due: no host comes twice before another comes once.
    host.due = { host, at: Math.max(host.readyAt, this.#options.clock.now()), turn: this.#turns++ };
    this.#heap.push(host.due);
    return true;
  }
}
