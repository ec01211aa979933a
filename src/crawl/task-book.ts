import { Heap } from '../fetcher/heap.ts';
import type { FrontierLease } from './frontier.ts';
import type { FrontierTask } from './frontier-task.ts';

/** A task that is not done. */
interface Entry {
  readonly task: FrontierTask;
  readonly fingerprint: string;
  readonly host: Host;
  /** Its place among those of its host and priority. */
  order: number;
  /** How often it failed. */
  failures: number;
  /** The lease that counts, while it is leased. */
  lease: string | undefined;
  /** The lease of whoever had it last, until it fails. */
  last: string | undefined;
  /** Milliseconds since the epoch: from when it may be leased, or until when it is. */
  at: number;
}

/** The tasks of a host that may be leased now. */
interface Host {
  readonly name: string;
  readonly waiting: Heap<Entry>;
  /** How many are not done, and how many of those are leased. */
  tasks: number;
  leased: number;
  /** Its place in the order of hosts; another one than that there is out of date. */
  turn: Turn | undefined;
}

interface Turn {
  readonly host: Host;
  readonly priority: number;
  readonly number: number;
}

/** Something that happens to a task at a time; out of date when the task says otherwise by then. */
interface Event {
  readonly entry: Entry;
  readonly at: number;
  readonly lease: string | undefined;
}

/** What a frontier knows, in memory: what waits, what is leased and what was seen. All calls answer at once. */
export class TaskBook {
  /** Undefined for what is done. */
  readonly #seen = new Map<string, Entry | undefined>();
  readonly #hosts = new Map<string, Host>();
  readonly #turns = new Heap<Turn>((left, right) =>
    left.priority === right.priority ? left.number < right.number : left.priority > right.priority,
  );
  /** Hosts with as many leases as they may have, and tasks that wait. */
  readonly #full = new Set<Host>();
  #perHost = Number.POSITIVE_INFINITY;
  /** What waits for its time. */
  readonly #later = new Heap<Event>((left, right) => left.at < right.at);
  readonly #leases = new Heap<Event>((left, right) => left.at < right.at);
  #counter = 0;
  #open = 0;

  /** How many tasks are not done. */
  get size(): number {
    return this.#open;
  }

  /** How many fingerprints were seen. */
  get seen(): number {
    return this.#seen.size;
  }

  has(fingerprint: string): boolean {
    return this.#seen.has(fingerprint);
  }

  /** False when it was seen before. */
  add(fingerprint: string, task: FrontierTask, failures = 0, at = 0): boolean {
    if (this.#seen.has(fingerprint)) return false;
    const host = this.#hostOf(task.url);
    const order = this.#counter++;
    const entry: Entry = { task, fingerprint, host, order, failures, lease: undefined, last: undefined, at };
    this.#seen.set(fingerprint, entry);
    this.#open++;
    host.tasks++;
    this.#wait(entry);
    return true;
  }

  /** Marks a fingerprint as done, whatever it was. */
  finish(fingerprint: string): void {
    const entry = this.#seen.get(fingerprint);
    this.#seen.set(fingerprint, undefined);
    if (entry) this.#drop(entry);
  }

  /** Forgets a fingerprint: it is as if it had never been added. */
  forget(fingerprint: string): void {
    this.finish(fingerprint);
    this.#seen.delete(fingerprint);
  }

  /** Notes that a task that waits has failed before. */
  revise(fingerprint: string, failures: number, at: number): void {
    const entry = this.#seen.get(fingerprint);
    if (!entry) return;
    this.#seen.delete(fingerprint);
    this.#drop(entry);
    this.add(fingerprint, entry.task, failures, at);
  }

  lease(n: number, ttl: number, perHost: number, now: number): FrontierLease[] {
    this.#tick(now);
    if (perHost !== this.#perHost) {
      this.#perHost = perHost;
      for (const host of this.#full) this.#line(host);
      this.#full.clear();
    }
    const leases: FrontierLease[] = [];
    while (leases.length < n) {
      const turn = this.#turns.pop();
      if (!turn) break;
      const { host } = turn;
      if (host.turn !== turn) continue;
      host.turn = undefined;
      if (host.leased >= perHost) {
        this.#full.add(host);
        continue;
      }
      const entry = host.waiting.pop();
      if (!entry) continue;
      // What was done or revised while it waited is out of date.
      if (this.#seen.get(entry.fingerprint) === entry) leases.push(this.#lend(entry, now + ttl));
      this.#line(host);
    }
    return leases;
  }

  /** When the next task may be had that waits for nothing but its time. What was settled meanwhile is no harm: it is early. */
  get nextAt(): number | undefined {
    const at = Math.min(
      ...[this.#later.peek(), this.#leases.peek()].map((event) => event?.at ?? Number.POSITIVE_INFINITY),
    );
    return at < Number.POSITIVE_INFINITY ? at : undefined;
  }

  renew({ fingerprint, id }: FrontierLease, until: number, now: number): void {
    this.#tick(now);
    const entry = this.#seen.get(fingerprint);
    if (entry?.lease !== id) return;
    entry.at = until;
    this.#leases.push({ entry, at: until, lease: id });
  }

  /** Gives a task back that is leased. */
  release({ fingerprint, id }: FrontierLease): void {
    const entry = this.#seen.get(fingerprint);
    if (entry?.lease === id) this.#giveBack(entry);
  }

  /** Whether nobody else had the task since. */
  isLast({ fingerprint, id }: FrontierLease): boolean {
    return this.#seen.get(fingerprint)?.last === id;
  }

  /** Notes that a task failed; undefined when the lease does not count, else how often it has failed by now. */
  fail({ fingerprint, id }: FrontierLease, retryAt: number, now: number): number | undefined {
    this.#tick(now);
    const entry = this.#seen.get(fingerprint);
    if (entry?.lease !== id) return undefined;
    this.#endLease(entry);
    entry.last = undefined;
    entry.failures++;
    entry.order = this.#counter++;
    entry.at = retryAt;
    this.#wait(entry);
    return entry.failures;
  }

  /** Gives back everything that is leased. */
  releaseAll(): void {
    for (let event = this.#leases.pop(); event; event = this.#leases.pop()) {
      if (event.entry.lease === event.lease && event.lease) this.#giveBack(event.entry);
    }
  }

  /** Everything that is not done, in the order in which it came, and the fingerprints of all that is. */
  *entries(): Generator<{ fingerprint: string; task?: FrontierTask; failures?: number; retryAt?: number }> {
    for (const [fingerprint, entry] of this.#seen) {
      const { at = 0, failures = 0, lease, task } = entry ?? {};
      yield {
        fingerprint,
        ...(task && { task }),
        ...(failures > 0 && { failures, retryAt: lease === undefined ? at : 0 }),
      };
    }
  }

  /** Ends leases that have run out, and lets tasks wait whose time has come. */
  #tick(now: number): void {
    for (let event = this.#leases.peek(); event && event.at <= now; event = this.#leases.peek()) {
      this.#leases.pop();
      const { at, entry, lease } = event;
      if (lease !== undefined && entry.lease === lease && entry.at === at) this.#giveBack(entry);
    }
    for (let event = this.#later.peek(); event && event.at <= now; event = this.#later.peek()) {
      this.#later.pop();
      this.#queue(event.entry);
    }
  }

  #lend(entry: Entry, until: number): FrontierLease {
    const { failures, fingerprint, host, task } = entry;
    const id = `${this.#counter++}`;
    entry.lease = entry.last = id;
    entry.at = until;
    host.leased++;
    this.#leases.push({ entry, at: until, lease: id });
    return { task, fingerprint, id, attempt: failures + 1 };
  }

  #giveBack(entry: Entry): void {
    this.#endLease(entry);
    this.#queue(entry);
  }

  #endLease(entry: Entry): void {
    const { host } = entry;
    if (entry.lease === undefined) return;
    entry.lease = undefined;
    entry.at = 0;
    host.leased--;
    if (this.#full.delete(host)) this.#line(host);
  }

  #wait(entry: Entry): void {
    if (entry.at > 0) this.#later.push({ entry, at: entry.at, lease: undefined });
    else this.#queue(entry);
  }

  #queue(entry: Entry): void {
    const { host } = entry;
    host.waiting.push(entry);
    if (!this.#full.has(host)) this.#line(host);
  }

  /** Puts a host in line, at the place of the task that is its next. */
  #line(host: Host): void {
    const next = host.waiting.peek();
    if (!next) return;
    const priority = next.task.priority ?? 0;
    if (host.turn && host.turn.priority === priority) return;
    host.turn = { host, priority, number: this.#counter++ };
    this.#turns.push(host.turn);
  }

  #hostOf(url: string): Host {
    const name = new URL(url).hostname;
    let host = this.#hosts.get(name);
    if (!host) {
      host = { name, waiting: new Heap(isBefore), tasks: 0, leased: 0, turn: undefined };
      this.#hosts.set(name, host);
    }
    return host;
  }

  /** Forgets a task, and its host if it was the last one. What is in heaps of it is passed over. */
  #drop(entry: Entry): void {
    const { host } = entry;
    this.#open--;
    this.#endLease(entry);
    if (--host.tasks === 0) this.#hosts.delete(host.name);
  }
}

function isBefore(left: Entry, right: Entry): boolean {
  const difference = (right.task.priority ?? 0) - (left.task.priority ?? 0);
  return difference === 0 ? left.order < right.order : difference < 0;
}
