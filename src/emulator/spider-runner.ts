import type { EmulatorFetch } from './fetch-type.ts';
import type { Job } from './job.ts';
import { recordKinds } from './record-kinds.ts';
import { type SpiderProgram, spiderContext } from './spider-context.ts';
import type { World } from './world.ts';

/** The longest reason that a job ends with. */
const maxReasonLength = 200;

/** What the runner needs. */
export interface RunnerOptions {
  readonly world: World;
  readonly programs: ReadonlyMap<string, SpiderProgram>;
  /** Milliseconds that a job stays pending. */
  readonly startDelay: number;
  readonly fetch: EmulatorFetch;
}

/** Runs the programs that play spiders: pending, running, finished. */
export class SpiderRunner {
  readonly #options: RunnerOptions;
  readonly #active = new Set<Job>();
  #waiting: (() => void)[] = [];

  constructor(options: RunnerOptions) {
    this.#options = options;
  }

  /** Starts a pending job by and by, when there is a program for its spider. */
  schedule(job: Job): void {
    const program = this.#options.programs.get(job.spider.name);
    if (program === undefined || job.state !== 'pending') return;
    const controller = new AbortController();
    job.controller = controller;
    this.#active.add(job);
    const timer = setTimeout(() => void this.#run(job, program, controller.signal), this.#options.startDelay);
    controller.signal.addEventListener('abort', () => {
      clearTimeout(timer);
      // A program that runs ends in its own time; one that never began has ended now.
      if (!job.meta.has('running_time')) this.#settle(job);
    });
  }

  /** Resolves when no job of a program waits or runs. */
  idle(): Promise<void> {
    if (this.#active.size === 0) return Promise.resolve();
    return new Promise((resolve) => {
      this.#waiting.push(resolve);
    });
  }

  /** Ends all jobs of programs, whatever these do. */
  close(): void {
    for (const job of [...this.#active]) {
      job.meta.set('close_reason', 'shutdown');
      this.#options.world.moveJob(job, 'finished');
      this.#settle(job);
    }
  }

  async #run(job: Job, program: SpiderProgram, signal: AbortSignal): Promise<void> {
    const { world, fetch } = this.#options;
    if (!job.isIn('pending')) return this.#settle(job);
    world.moveJob(job, 'running');
    job.meta.set('_shub_worker', 'kumo');
    let reason: string;
    try {
      const result: unknown = await program(spiderContext(job, world, signal, fetch));
      reason = typeof result === 'string' && result !== '' ? result : 'finished';
    } catch (error) {
      reason = this.#reasonOf(job, error, signal);
    }
    // A job that somebody ended already keeps the reason it has.
    if (job.isIn('running')) {
      job.meta.set('close_reason', signal.aborted ? 'cancelled' : reason.slice(0, maxReasonLength));
      job.meta.set('scrapystats', this.#stats(job, String(job.meta.get('close_reason'))));
      world.moveJob(job, 'finished');
    }
    this.#settle(job);
  }

  #reasonOf(job: Job, error: unknown, signal: AbortSignal): string {
    // Leaving by the signal's own error is how a program is cancelled, not a failure.
    if (signal.aborted && error === signal.reason) return 'cancelled';
    const message = error instanceof Error ? error.message : String(error);
    const { world } = this.#options;
    const shown = error instanceof Error ? `${error.name}: ${error.message}` : message;
    const entry = recordKinds.logs.entry({ level: 40, message: shown }, undefined, world.clock.now());
    world.openData('logs', job.key).add(entry, world.clock.mark());
    return message.split('\n')[0] || 'failed';
  }

  #stats(job: Job, reason: string): Readonly<Record<string, unknown>> {
    const { world } = this.#options;
    const stats: Record<string, unknown> = {
      start_time: job.meta.get('running_time'),
      finish_time: world.clock.now(),
      finish_reason: reason,
    };
    const items = world.data('items', job.key)?.store.count ?? 0;
    const pages = world.data('requests', job.key)?.store.count ?? 0;
    if (items > 0) stats.item_scraped_count = items;
    if (pages > 0) stats.response_received_count = pages;
    const logs = world.data('logs', job.key);
    for (const [level, name] of [
      ['10', 'DEBUG'],
      ['20', 'INFO'],
      ['30', 'WARNING'],
      ['40', 'ERROR'],
      ['50', 'CRITICAL'],
    ] as const) {
      const count = logs?.countOf(level) ?? 0;
      if (count > 0) stats[`log_count/${name}`] = count;
    }
    return stats;
  }

  #settle(job: Job): void {
    this.#active.delete(job);
    if (this.#active.size > 0) return;
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const resolve of waiting) resolve();
  }
}
