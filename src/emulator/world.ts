import type { Clock } from './clock.ts';
import { Comments } from './comments.ts';
import { actorFields, Job, type JobState, stateEvents } from './job.ts';
import { JobData } from './job-data.ts';
import { createJobToken } from './job-token.ts';
import { Project } from './project.ts';
import { compareKeys, type KeyParts, keyParts } from './record-key.ts';
import { recordKinds } from './record-kinds.ts';
import type { Located } from './record-selection.ts';
import { type ResourceName, resourceNames } from './resource.ts';
import type { Spider } from './spider.ts';

/** What the world is made of. */
export interface WorldOptions {
  readonly clock: Clock;
  /** The projects that exist; left out, every project that is named exists. */
  readonly projects: readonly number[] | undefined;
  /** Who the API key belongs to. */
  readonly user: string;
  /** Called for each project when it comes into being. */
  readonly onProject: (project: Project) => void;
}

/** Everything the emulated server knows. */
export class World {
  readonly clock: Clock;
  readonly user: string;
  readonly comments: Comments = new Comments();
  readonly #allowed: ReadonlySet<number> | undefined;
  readonly #projects = new Map<number, Project>();
  readonly #data = new Map<string, Located>();
  readonly #onProject: (project: Project) => void;

  constructor(options: WorldOptions) {
    this.clock = options.clock;
    this.user = options.user;
    this.#allowed = options.projects && new Set(options.projects);
    this.#onProject = options.onProject;
  }

  get projects(): readonly Project[] {
    return [...this.#projects.values()].sort((left, right) => left.id - right.id);
  }

  /** The project of an id, or `undefined` where it is not one of those that exist. */
  project(id: number): Project | undefined {
    const known = this.#projects.get(id);
    if (known !== undefined || this.#allowed?.has(id) === false) return known;
    const project = new Project(id, this.clock);
    this.#projects.set(id, project);
    this.#onProject(project);
    return project;
  }

  /** The job of a key in any project that exists already. */
  job(key: string): Job | undefined {
    return this.#projects.get(keyParts(key)?.[0] ?? -1)?.job(key);
  }

  /** A new job of a spider, in any state. */
  createJob(project: Project, spider: Spider, state: JobState, meta: ReadonlyMap<string, unknown>): Job {
    const job = this.plantJob(project, spider, state, meta);
    this.report(job, stateEvents[state], job.changed);
    return job;
  }

  /** The same without an event in the project's activity: a job that was there before the world began. */
  plantJob(project: Project, spider: Spider, state: JobState, meta: ReadonlyMap<string, unknown>): Job {
    const job = new Job(spider, spider.nextJob, state, 0);
    spider.nextJob += 1;
    job.meta.set('project', project.id).set('spider', spider.name).set('units', 1).set('priority', 2);
    for (const [name, value] of meta) job.meta.set(name, value);
    project.addJob(job);
    this.#enter(job, state);
    return job;
  }

  /** Brings a job into a state. A job that is in it already is left alone, with its times. */
  moveJob(job: Job, state: JobState): void {
    if (job.state === state) return;
    this.#enter(job, state);
    this.report(job, stateEvents[state], job.changed);
    if (!job.isActive) job.controller?.abort(new DOMException(`The job is ${state}`, 'AbortError'));
  }

  /** Writes down in the project's activity what happened to a job. */
  report(job: Job, event: string, time: number = this.clock.mark()): void {
    const line = JSON.stringify({ event, job: job.key, user: this.user });
    this.#projects.get(job.spider.project)?.activity.add([line], time);
  }

  // The one place where a transition happens.
  #enter(job: Job, state: JobState): void {
    const now = this.clock.mark();
    job.state = state;
    job.changed = now;
    job.token = state === 'running' ? createJobToken(job.key) : undefined;
    job.meta.set(`${state}_time`, now).set(actorFields[state], this.user);
  }

  /** Removes a job and its data for good. */
  removeJob(job: Job): void {
    this.moveJob(job, 'deleted');
    this.#projects.get(job.spider.project)?.removeJob(job.key);
    for (const name of resourceNames) this.#data.delete(`${name}/${job.key}`);
  }

  /** A job's data; `undefined` where nothing was ever written. The data service does not ask whether the job exists. */
  data(name: ResourceName, job: string): JobData | undefined {
    return this.#data.get(`${name}/${job}`)?.data;
  }

  /** A job's data, made when it is first written. */
  openData(name: ResourceName, job: string): JobData {
    const known = this.data(name, job);
    if (known !== undefined) return known;
    const data = new JobData(recordKinds[name]);
    this.#data.set(`${name}/${job}`, { job, parts: keyParts(job) ?? [], data });
    return data;
  }

  /** The data under a project, a spider or a job, in the order of their keys. */
  dataUnder(name: ResourceName, scope: KeyParts): readonly Located[] {
    if (scope.length === 3) {
      const located = this.#data.get(`${name}/${scope.join('/')}`);
      return located === undefined ? [] : [located];
    }
    return [...this.#data.values()]
      .filter(({ data, parts }) => data.kind.name === name && scope.every((part, position) => parts[position] === part))
      .sort((left, right) => compareKeys(left.parts, right.parts));
  }
}
