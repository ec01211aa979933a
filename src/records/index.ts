export { type Progress, Records } from './records.ts';
export type { Following, ResumableOptions, ResumeEvent } from './resumable-source.ts';
export type { Schema, SchemaResult } from './schema.ts';
export type { Batch, ByteSource, RecordSource } from './source.ts';
