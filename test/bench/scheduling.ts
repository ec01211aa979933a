/** What it costs to queue tasks that do nothing, and to run them one after the other; the engine's own parts. */
import { platformClock } from '../../src/fetcher/clock.ts';
import { Events } from '../../src/fetcher/events.ts';
import { FetchTask } from '../../src/fetcher/fetch-task.ts';
import { fifo } from '../../src/fetcher/fifo.ts';
import { counting } from '../../src/fetcher/later/counting.ts';
import { receive } from '../../src/fetcher/later/needs.ts';
import { Waiting } from '../../src/fetcher/later/waiting.ts';
import { needs } from '../../src/fetcher/later.ts';
import { compileRules } from '../../src/fetcher/limit-rule.ts';
import { Schedule } from '../../src/fetcher/schedule.ts';
import { Ticket } from '../../src/fetcher/ticket.ts';
import { TicketList } from '../../src/fetcher/ticket-list.ts';
import type { Visit } from '../../src/fetcher/visit.ts';
import { loadQueues } from './peers.ts';

/** Who schedules how many tasks. */
export interface SchedulingOrder {
  readonly client: 'fetcher' | 'p-queue' | 'p-limit';
  readonly tasks: number;
  /** Over how many hosts they are spread, each with a limit of its own; none without. */
  readonly hosts: number;
}

/** What it took. */
export interface SchedulingResult {
  /** Nanoseconds a task. */
  readonly time: number;
  /** Bytes a queued task. */
  readonly bytes: number;
  /** How many were done. */
  readonly done: number;
}

const { client, hosts, tasks } = JSON.parse(process.argv[2] ?? '{}') as SchedulingOrder;
const CONCURRENCY = 10;
const { pLimit, PQueue } = await loadQueues();

/** Queues a task, and begins to work. */
interface Queue {
  add(n: number): Promise<unknown>;
  start(): void;
}

/** A request that does nothing, and is done as soon as it has its place. */
class Nothing implements Visit {
  readonly trip: Visit['trip'];
  readonly target: Visit['target'];
  lease: Visit['lease'] = undefined;
  at: Visit['at'] = undefined;
  readonly #finish: (visit: Nothing) => void;

  constructor(ticket: Ticket, url: URL, finish: (visit: Nothing) => void) {
    this.trip = { attempts: 1, hops: 0, isExtra: false, ticket };
    this.target = { url };
    this.#finish = finish;
  }

  admit(): void {
    Promise.resolve().then(() => this.#finish(this));
  }

  refuse(error: unknown): void {
    throw error;
  }
}

function ours(): Queue {
  const policy = fifo();
  const list = new TicketList();
  const urls = Array.from({ length: Math.max(1, hosts) }, (_, n) => new URL(`http://h${n}.test/`));
  const finish = (visit: Visit): void => {
    const { ticket } = visit.trip;
    schedule.leave(visit);
    list.delete(ticket);
    ticket.settle?.(undefined as never);
  };
  const parts = { cache: undefined, clock: platformClock, events: new Events() };
  const schedule = new Schedule(CONCURRENCY, parts, policy, (ticket) => {
    schedule.starting--;
    const url = urls[Number(ticket.task.url) % urls.length] as URL;
    schedule.enter(new Nothing(ticket, url, finish));
  });
  if (hosts > 0) {
    receive(needs);
    const limiter = counting(compileRules([{ key: 'host', concurrency: 4 }]), platformClock);
    schedule.waiting = new Waiting(schedule, limiter, parts);
  }
  return {
    add: (n) =>
      new Promise((resolve) => {
        const task = new FetchTask(String(n));
        const ticket = new Ticket(task, platformClock.now(), resolve, true);
        task.ticket = ticket;
        list.add(ticket);
        policy.push(task);
      }),
    start: () => {
      schedule.isPaused = false;
      schedule.pump();
    },
  };
}

function theirs(): Queue {
  if (client === 'p-queue') {
    const queue = new PQueue({ concurrency: CONCURRENCY, autoStart: false });
    return { add: () => queue.add(async () => undefined), start: () => void queue.start() };
  }
  const limit = pLimit(CONCURRENCY);
  let start = (): void => {};
  const started = new Promise<void>((resolve) => {
    start = resolve;
  });
  for (let n = 0; n < CONCURRENCY; n++) void limit(() => started);
  return { add: () => limit(async () => undefined), start: () => start() };
}

async function measure(): Promise<SchedulingResult> {
  const queue = client === 'fetcher' ? ours() : theirs();
  const promises = new Array<Promise<unknown>>(tasks);
  globalThis.gc?.();
  const before = process.memoryUsage().heapUsed;
  const started = performance.now();
  for (let n = 0; n < tasks; n++) promises[n] = queue.add(n);
  const queued = performance.now() - started;
  globalThis.gc?.();
  const bytes = (process.memoryUsage().heapUsed - before) / tasks;
  const resumed = performance.now();
  queue.start();
  const { length: done } = await Promise.all(promises);
  return { time: ((queued + performance.now() - resumed) / tasks) * 1e6, bytes, done };
}

process.on('message', async () => process.send?.(await measure()));
process.send?.('ready');
