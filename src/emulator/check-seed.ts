import { collectionName, collectionTypes } from './collection-store.ts';
import { isJobState } from './job.ts';
import { type ResourceName, resourceNames } from './resource.ts';
import type { Seed, SeedJob, SeedSettings } from './seed.ts';
import type { JsonObject } from './spider-context.ts';
import { checkInteger, checkMembers, reject } from './validate.ts';

const spiderMembers = ['name', 'id', 'tags', 'type', 'version', 'nextJob'] as const;
const jobMembers = ['spider', 'number', 'state', 'meta', ...resourceNames] as const;

function checkProject(name: string, project: unknown, projects: readonly number[] | undefined): void {
  checkInteger(name, project, 1);
  if (project === undefined && projects?.[0] === undefined)
    reject(name, 'a project id, as `projects` has none', project);
  if (project !== undefined && projects?.includes(Number(project)) === false)
    reject(name, 'one of `projects`', project);
}

function checkName(name: string, value: unknown): void {
  if (typeof value !== 'string' || value === '') reject(name, 'a name', value);
}

function checkIterable(name: string, value: unknown): void {
  if (typeof value !== 'object' || value === null || !(Symbol.iterator in value)) {
    reject(name, 'an iterable of records', value);
  }
}

function checkJob(job: SeedJob, name: string): void {
  checkName(`${name}.spider`, job.spider);
  checkInteger(`${name}.number`, job.number, 1);
  if (job.state !== undefined && !isJobState(job.state)) reject(`${name}.state`, 'a state of a job', job.state);
  for (const resource of resourceNames satisfies readonly ResourceName[]) {
    if (job[resource] !== undefined) checkIterable(`${name}.${resource}`, job[resource]);
  }
}

/** A list of objects with these members, each of a project; calls back for the rest of each. */
function checkList<T extends { readonly project?: number }>(
  name: string,
  list: readonly T[] | undefined,
  projects: readonly number[] | undefined,
  members: readonly string[],
  check: (entry: T, name: string) => void,
): void {
  if (list === undefined) return;
  if (!Array.isArray(list)) reject(name, 'an array', list);
  for (const [position, entry] of list.entries()) {
    const place = `${name}[${position}]`;
    if (entry === undefined) reject(place, 'an object', entry);
    checkMembers(place, entry, ['project', ...members]);
    checkProject(`${place}.project`, entry.project, projects);
    check(entry, place);
  }
}

function checkObject(name: string, value: unknown): void {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) reject(name, 'an object', value);
}

/** Settings as a list: those of one object are the first project's. */
export function settingsOf(seed: Seed): readonly SeedSettings[] {
  const { settings = [] } = seed;
  return Array.isArray(settings) ? settings : [{ values: settings as JsonObject }];
}

/** Throws a `ConfigurationError` where a seed cannot work. */
export function checkSeed(seed: Seed | undefined, projects: readonly number[] | undefined): void {
  if (seed === undefined) return;
  checkMembers('seed', seed, ['spiders', 'jobs', 'settings', 'activity', 'collections', 'frontiers', 'user']);
  const { spiders, jobs, user } = seed;
  if (user !== undefined) checkName('seed.user', user);
  if (spiders !== undefined && !Array.isArray(spiders)) reject('seed.spiders', 'an array', spiders);
  const spiderObjects = spiders?.map((spider) => (typeof spider === 'string' ? { name: spider } : spider));
  checkList('seed.spiders', spiderObjects, projects, spiderMembers, (spider, name) => {
    checkName(`${name}.name`, spider.name);
    checkInteger(`${name}.id`, spider.id, 1);
    checkInteger(`${name}.nextJob`, spider.nextJob, 1);
  });
  checkList('seed.jobs', jobs, projects, jobMembers, checkJob);
  if (seed.settings !== undefined && !Array.isArray(seed.settings)) checkObject('seed.settings', seed.settings);
  checkList('seed.settings', settingsOf(seed), projects, ['values'], ({ values }, name) => {
    checkObject(`${name}.values`, values);
  });
  checkList('seed.activity', seed.activity, projects, ['events'], ({ events }, name) => {
    checkIterable(`${name}.events`, events);
  });
  checkList('seed.collections', seed.collections, projects, ['name', 'type', 'records'], (collection, name) => {
    checkName(`${name}.name`, collection.name);
    if (!collectionName.test(collection.name)) reject(`${name}.name`, 'letters, digits and `_`', collection.name);
    const { type = 's', records } = collection;
    if (!collectionTypes.includes(type)) reject(`${name}.type`, `one of ${collectionTypes.join(', ')}`, type);
    checkIterable(`${name}.records`, records);
  });
  checkList('seed.frontiers', seed.frontiers, projects, ['frontier', 'slot', 'requests'], (slot, name) => {
    checkName(`${name}.frontier`, slot.frontier);
    checkName(`${name}.slot`, slot.slot);
    checkIterable(`${name}.requests`, slot.requests);
  });
}
