export { interruption, isBreak } from './interruption.ts';
export { JsonLines, type LineBatch } from './json-lines.ts';
export { LineSplitter } from './line-splitter.ts';
export { keyOfLine, parseWithoutKey } from './record-key.ts';
export { type Progress, Records } from './records.ts';
export { type Following, type ResumableOptions, ResumableSource, type ResumeEvent } from './resumable-source.ts';
export type { Schema, SchemaResult } from './schema.ts';
export type { Batch, ByteSource, RecordSource } from './source.ts';
