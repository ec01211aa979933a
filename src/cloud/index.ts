export { Activity, type ActivityOptions } from './activity.ts';
export { Collection } from './collection.ts';
export type {
  CollectionReadOptions,
  CollectionRecord,
  CollectionSchemaOptions,
  CollectionSelection,
  CollectionSummary,
  CollectionType,
  CollectionWriterOptions,
} from './collection-options.ts';
export { Collections } from './collections.ts';
export type { Filter, FilterCondition } from './filter.ts';
export { Frontier } from './frontier.ts';
export { FrontierSlot } from './frontier-slot.ts';
export type { QueueBatch, QueueRequest } from './frontier-types.ts';
export { Frontiers } from './frontiers.ts';
export { Items } from './items.ts';
export { Job } from './job.ts';
export type { CancelOptions, JobFields, PushOptions, StartOptions } from './job-fields.ts';
export { JobMetadata } from './job-metadata.ts';
export type {
  JobFilter,
  JobListOptions,
  JobSummaryOptions,
  LastJobsOptions,
  RunAllOptions,
  RunRequest,
  RunResult,
  WaitForAllOptions,
  WaitResult,
} from './job-options.ts';
export { Jobs } from './jobs.ts';
export type { DownloadOptions } from './later/download.ts';
export type { LogInput, LogLevel, LogOptions, LogReadOptions } from './log-options.ts';
export { Logs } from './logs.ts';
export { Project } from './project.ts';
export { Projects } from './projects.ts';
export type { BatchHandler, ConsumeOptions, ConsumeResult, QueueReadOptions } from './queue-options.ts';
export type { ReadOptions, SchemaOptions } from './read-options.ts';
export { RecordWriter } from './record-writer.ts';
export type { RequestInput } from './request-input.ts';
export { Requests } from './requests.ts';
export type { RunOptions } from './run-options.ts';
export { Samples } from './samples.ts';
export { ScrapyCloud } from './scrapy-cloud.ts';
export { Settings } from './settings.ts';
export { SlotFingerprints } from './slot-fingerprints.ts';
export { SlotQueue } from './slot-queue.ts';
export { Spider } from './spider.ts';
export { type SpiderIdOptions, Spiders } from './spiders.ts';
export type { TagChanges } from './tag-changes.ts';
export type { WaitOptions } from './wait-options.ts';
export type {
  ActivityEvent,
  ItemRecord,
  JobState,
  JobStateSummary,
  JobSummary,
  LogRecord,
  ProjectSummary,
  RecordMeta,
  RequestRecord,
  Sample,
  SpiderSummary,
  Stats,
} from './wire.ts';
export type { SettleOptions, StoredBatch, WriterOptions, WriterTarget } from './writer-options.ts';
