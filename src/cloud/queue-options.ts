import type { CallOptions } from '../http/index.ts';
import type { ResumeEvent } from '../records/index.ts';
import type { QueueBatch } from './frontier-types.ts';

/** Which batches of a queue are read. */
export interface QueueReadOptions extends CallOptions {
  /** The read ends once there are so many requests. All by default. */
  readonly minCount?: number;
  /** Told whenever the read broke and goes on. */
  readonly onResume?: (event: ResumeEvent) => void;
}

/** How a queue is consumed. */
export interface ConsumeOptions extends CallOptions {
  /** How many batches are handled at once. @default 1 */
  readonly concurrency?: number;
  /** How many requests are asked for at once. @default 1_000 */
  readonly minCount?: number;
  /** How often a batch whose handler fails is handed over, before it is left in the queue. @default 3 */
  readonly attempts?: number;
  /**
   * Goes on when the queue is empty, until the signal is aborted. `interval` is the wait between two looks, in
   * milliseconds, 5 000 by default.
   */
  readonly follow?: boolean | { readonly interval?: number };
}

/** Handles a batch, which is deleted when this resolves. `signal` is aborted when the consumption is. */
export type BatchHandler = (batch: QueueBatch, context: { readonly signal: AbortSignal }) => unknown;

/** What became of the batches of a queue. */
export interface ConsumeResult {
  /** Batches that were handled and deleted. */
  readonly handled: number;
  /** Batches that are still in the queue because their handler failed as often as it may. */
  readonly failed: number;
  /** The first 1 000 of them, and what their handler threw last. */
  readonly failures: readonly { readonly id: string; readonly error: unknown }[];
}
