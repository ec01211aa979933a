export type { CollectionType } from './collection-store.ts';
export { createEmulator, type Emulator } from './createEmulator.ts';
export type { Fault } from './faults.ts';
export type { EmulatorFetch } from './fetch-type.ts';
export type { JobState } from './job.ts';
export type { EmulatorOptions, ReceivedRequest } from './options.ts';
export type {
  Seed,
  SeedActivity,
  SeedCollection,
  SeedFrontierRequest,
  SeedJob,
  SeedLog,
  SeedSettings,
  SeedSlot,
  SeedSpider,
} from './seed.ts';
export type {
  JsonObject,
  SpiderContext,
  SpiderLog,
  SpiderProgram,
  SpiderRequest,
  SpiderWriter,
} from './spider-context.ts';
