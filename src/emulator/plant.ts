import { ConfigurationError } from '../errors/index.ts';
import { settingsOf } from './check-seed.ts';
import { collectionRecord } from './collection-store.ts';
import { type FrontierRequest, frontierRequest } from './frontier-store.ts';
import type { Project } from './project.ts';
import { eventKind, recordKinds } from './record-kinds.ts';
import { checkSize } from './record-store.ts';
import { Refusal } from './refusal.ts';
import { type ResourceName, resourceNames } from './resource.ts';
import type { Seed, SeedActivity, SeedCollection, SeedJob, SeedSlot, SeedSpider } from './seed.ts';
import type { World } from './world.ts';

function projectOf(world: World, given: number | undefined, first: number | undefined): Project {
  const project = world.project(given ?? first ?? 1);
  if (project === undefined)
    throw new ConfigurationError(`Expected \`seed\` to name projects of \`projects\`, got \`${given}\` (number)`);
  return project;
}

function plantSpider(world: World, given: SeedSpider, first: number | undefined): void {
  const project = projectOf(world, given.project, first);
  const namesake = given.id === undefined ? undefined : project.spiderOf(given.id);
  if (namesake !== undefined && namesake.name !== given.name) {
    throw new ConfigurationError(
      `Expected the ids of \`seed.spiders\` to be different, got \`${given.id}\` (number) twice`,
    );
  }
  const spider = project.registerSpider(given.name, given.id);
  spider.nextJob = Math.max(spider.nextJob, given.nextJob ?? 1);
  spider.tags = [...(given.tags ?? [])];
  spider.type = given.type ?? spider.type;
  spider.version = given.version ?? spider.version;
}

/** Stores records one by one, and tells which of them cannot be. `name`: of what. */
function plantEach<T>(name: string, records: Iterable<T>, store: (record: T) => void): void {
  let position = 0;
  for (const record of records) {
    try {
      store(record);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      throw new ConfigurationError(`Record ${position} of the seed's ${name} cannot be stored: ${error.message}`);
    }
    position += 1;
  }
}

function plantRecords(world: World, name: ResourceName, job: string, records: Iterable<unknown>): void {
  const data = world.openData(name, job);
  const time = world.clock.mark();
  plantEach(name, records, (record) => {
    const entry = recordKinds[name].entry(record, undefined, world.clock.now());
    checkSize(entry.line);
    data.add(entry, time);
  });
}

function plantJob(world: World, given: SeedJob, first: number | undefined): void {
  const project = projectOf(world, given.project, first);
  const spider = project.registerSpider(given.spider);
  spider.nextJob = given.number ?? spider.nextJob;
  const state = given.state ?? 'finished';
  const job = world.plantJob(project, spider, state, new Map());
  for (const [name, value] of Object.entries(given.meta ?? {})) job.meta.set(name, value);
  // The state's time may lie in the past; lists are in the order of it.
  const changed = given.meta?.[`${state}_time`];
  if (typeof changed === 'number') job.changed = changed;
  for (const name of resourceNames) {
    const records = given[name];
    if (records !== undefined) plantRecords(world, name, job.key, records);
  }
}

function plantActivity(world: World, given: SeedActivity, first: number | undefined): void {
  const { activity } = projectOf(world, given.project, first);
  plantEach('activity', given.events, (event) => {
    const { line } = eventKind.entry(event, undefined, 0);
    checkSize(line);
    activity.add([line], world.clock.mark());
  });
}

function plantCollection(world: World, given: SeedCollection, first: number | undefined): void {
  const { collections } = projectOf(world, given.project, first);
  const collection = collections.open(given.type ?? 's', given.name);
  const time = world.clock.mark();
  plantEach(`collection ${given.name}`, given.records, (record) => {
    collection.set(collectionRecord(record, JSON.stringify(record)), time);
  });
}

function plantSlot(world: World, given: SeedSlot, first: number | undefined): void {
  const { frontiers } = projectOf(world, given.project, first);
  const requests: FrontierRequest[] = [];
  plantEach(`slot ${given.slot}`, given.requests, (request) => {
    const value = typeof request === 'string' ? { fp: request } : request;
    requests.push(frontierRequest(value, JSON.stringify(value)));
  });
  if (requests.length > 0) frontiers.open(given.frontier, given.slot).add(requests, world.clock.mark());
}

/** Puts a seed into the world. `first`: the project of what names none. */
export function plant(world: World, seed: Seed, first: number | undefined): void {
  for (const spider of seed.spiders ?? [])
    plantSpider(world, typeof spider === 'string' ? { name: spider } : spider, first);
  for (const job of seed.jobs ?? []) plantJob(world, job, first);
  for (const { project, values } of settingsOf(seed)) {
    const { settings } = projectOf(world, project, first);
    for (const [name, value] of Object.entries(values)) settings.set(name, value);
  }
  for (const collection of seed.collections ?? []) plantCollection(world, collection, first);
  for (const slot of seed.frontiers ?? []) plantSlot(world, slot, first);
  for (const activity of seed.activity ?? []) plantActivity(world, activity, first);
}
