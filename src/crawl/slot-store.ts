import { ConfigurationError } from '../errors/index.ts';
import { type FrontierTask, frontierTask } from './frontier-task.ts';

/** Where the priority 0 is among 0, the first, to 255, the last. */
const MIDDLE_PRIORITY = 128;
const LAST_PRIORITY = 255;

/** Requests that are deleted together. */
export interface StoredBatch {
  readonly id: string;
  readonly requests: readonly (readonly [fp: string, qdata: unknown])[];
}

/** A slot as `project.frontiers.get('x').get('slot')` has it. */
export interface SlotStore {
  readonly queue: {
    /** Puts requests into the queue, sooner or later. */
    add(requests: readonly { readonly fp: string; readonly qdata: unknown; readonly p: number }[]): Promise<void>;
    /** The first batches, without taking them out. */
    list(options: { readonly minCount?: number }): Promise<readonly StoredBatch[]>;
    /** Takes a batch out. */
    delete(id: string): Promise<void>;
  };
  /** How many requests that were stored were new. */
  readonly newCount: number;
  /** Resolves when all that was added is stored. */
  flush(): Promise<void>;
}

/** A frontier as `project.frontiers.get('x')` has it. */
export interface SlotsStore {
  /** The names of its slots. */
  list(): Promise<readonly string[]>;
  /** A slot by its name, also one that is not there yet. */
  get(slot: string): SlotStore;
}

/** A task as a slot keeps it, under its fingerprint. */
export function requestOf(fp: string, task: FrontierTask): { fp: string; qdata: FrontierTask; p: number } {
  return { fp, qdata: task, p: placeOf(task.priority ?? 0) };
}

/**
 * The task of a request in a slot.
 *
 * @throws ConfigurationError for what no frontier of this kind has written.
 */
export function taskOf(slot: string, qdata: unknown): FrontierTask {
  try {
    return frontierTask(qdata as FrontierTask);
  } catch {
    throw new ConfigurationError(`Expected a slot with requests of this kind of frontier, got others in ${slot}`);
  }
}

/** The place in the queue: smaller numbers come first. */
function placeOf(priority: number): number {
  return Math.min(LAST_PRIORITY, Math.max(0, Math.round(MIDDLE_PRIORITY - priority)));
}
