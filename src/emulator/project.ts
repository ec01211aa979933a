import { ActivityLog } from './activity-log.ts';
import type { Clock } from './clock.ts';
import { Collections } from './collection-store.ts';
import { Frontiers } from './frontier-store.ts';
import type { Job } from './job.ts';
import { Spider } from './spider.ts';

/** A project: its spiders and jobs, its settings, reports, collections and frontiers, and what happened in it. */
export class Project {
  readonly id: number;
  /** A map: a setting may have any name. */
  readonly settings: Map<string, unknown> = new Map();
  /** Reports of jobs, and whatever else a client keeps under this name. */
  readonly reports: Map<string, unknown> = new Map();
  readonly activity: ActivityLog;
  readonly collections: Collections = new Collections();
  readonly frontiers: Frontiers = new Frontiers();
  readonly #clock: Clock;
  readonly #spiders = new Map<string, Spider>();
  readonly #jobs = new Map<string, Job>();

  constructor(id: number, clock: Clock) {
    this.id = id;
    this.#clock = clock;
    this.activity = new ActivityLog(id);
  }

  /** In the order of their ids. */
  get spiders(): readonly Spider[] {
    return [...this.#spiders.values()].sort((left, right) => left.id - right.id);
  }

  /** In the order of creation. */
  get jobs(): readonly Job[] {
    return [...this.#jobs.values()];
  }

  spider(name: string): Spider | undefined {
    return this.#spiders.get(name);
  }

  spiderOf(id: number): Spider | undefined {
    return this.spiders.find((spider) => spider.id === id);
  }

  /** The spider of a name, made when it is new. */
  allocateSpider(name: string, id?: number): Spider {
    const known = this.#spiders.get(name);
    if (known !== undefined) return known;
    const highest = this.spiders.at(-1)?.id ?? 0;
    const spider = new Spider(this.id, id ?? highest + 1, name, this.#clock.now());
    this.#spiders.set(name, spider);
    return spider;
  }

  /** Makes a spider known to dash, as a deploy does. */
  registerSpider(name: string, id?: number): Spider {
    const spider = this.allocateSpider(name, id);
    spider.isRegistered = true;
    return spider;
  }

  job(key: string): Job | undefined {
    return this.#jobs.get(key);
  }

  addJob(job: Job): void {
    this.#jobs.set(job.key, job);
  }

  removeJob(key: string): void {
    this.#jobs.delete(key);
  }
}
