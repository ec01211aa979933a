export { handingOut, Records } from './records.ts';
export type { Following, ReadingErrors, ResumableOptions, ResumeEvent } from './resumable-source.ts';
export type { Schema, SchemaResult } from './schema.ts';
export type { Batch, ByteSource, Progress, RecordSource } from './source.ts';
