export type { Awaitable } from './awaitable.ts';
export { basic } from './basic.ts';
export { type BatchesOptions, batches } from './batches.ts';
export { type BearerToken, bearer } from './bearer.ts';
export { delimited } from './delimited.ts';
export type { Framer, Framing, FramingOptions } from './framing.ts';
export { jsonLines } from './json-lines.ts';
export { type JsonSequenceOptions, jsonSequence } from './json-sequence.ts';
export { lengthPrefixed } from './length-prefixed.ts';
export { lines } from './lines.ts';
export { type MemoryCounter, memoryCounter } from './memory-counter.ts';
export { type MemoryQueue, type MemoryQueueOptions, memoryQueue } from './memory-queue.ts';
export { type MemoryQuota, memoryQuota } from './memory-quota.ts';
export { type OAuth1Method, type OAuth1Options, oauth1 } from './oauth1.ts';
export type {
  EndReason,
  ReconnectEvent,
  ReconnectOptions,
  RunOptions,
  Sign,
  TideOptions,
  TideRun,
  TideState,
} from './options.ts';
export { pipeTo } from './pipe-to.ts';
export type { Quota, QuotaShare } from './quota.ts';
export { raw } from './raw.ts';
export type { InForm, RecordForm, RecordFormOptions } from './record-form.ts';
export type { Overflow, RecordLease, RecordQueue } from './record-queue.ts';
export { type SampleOptions, sample } from './sample.ts';
export { type ServerSentEvent, sse } from './sse.ts';
export type { CounterReading, StateCounter } from './state-counter.ts';
export { type Followable, type LogLine, type TailOptions, tail } from './tail.ts';
export { tee } from './tee.ts';
export { Tide } from './tide.ts';
