import type { CollectionType } from './collection-store.ts';
import type { JobState } from './job.ts';
import type { JsonObject, SpiderRequest } from './spider-context.ts';

/** A spider that is there at the beginning. */
export interface SeedSpider {
  readonly name: string;
  /** Default: the first of `projects`. */
  readonly project?: number;
  /** Default: the next free one. */
  readonly id?: number;
  readonly tags?: readonly string[];
  /** Default `manual`. */
  readonly type?: string;
  readonly version?: string;
  /** The number of its next job. Default 1. */
  readonly nextJob?: number;
}

/** A line of a job's log. */
export interface SeedLog {
  readonly message: string;
  /** Default 20. */
  readonly level?: number;
  /** Milliseconds since the epoch. Default: now. */
  readonly time?: number;
}

/** A job that is there at the beginning, with its data. Data may come from a generator. */
export interface SeedJob {
  /** The spider's name; it is made when it is new. */
  readonly spider: string;
  /** Default: the first of `projects`. */
  readonly project?: number;
  /** Default: the spider's next one. */
  readonly number?: number;
  /** Default `finished`. */
  readonly state?: JobState;
  /** Further metadata, times included: `{ close_reason: 'finished', tags: ['daily'], finished_time: … }`. */
  readonly meta?: JsonObject;
  readonly items?: Iterable<object>;
  readonly logs?: Iterable<SeedLog>;
  readonly requests?: Iterable<SpiderRequest>;
  readonly samples?: Iterable<readonly number[]>;
}

/** Settings of a project. */
export interface SeedSettings {
  /** Default: the first of `projects`. */
  readonly project?: number;
  readonly values: JsonObject;
}

/** Events of a project, the oldest first. */
export interface SeedActivity {
  /** Default: the first of `projects`. */
  readonly project?: number;
  readonly events: Iterable<object>;
}

/** A collection with its records. */
export interface SeedCollection {
  readonly name: string;
  /** `s` store, `cs` cached, `vs` versioned, `vcs` both. Default `s`. */
  readonly type?: CollectionType;
  /** Default: the first of `projects`. */
  readonly project?: number;
  /** Objects with a `_key` each. */
  readonly records: Iterable<object>;
}

/** A request of a frontier's queue. */
export interface SeedFrontierRequest {
  /** Fingerprint: a request of one that the slot has seen is not queued again. */
  readonly fp: string;
  /** Kept with the request. */
  readonly qdata?: unknown;
  /** Kept with the fingerprint. */
  readonly fdata?: unknown;
  /** Priority, the lowest first. Default 0. */
  readonly p?: number;
}

/** A slot of a frontier with its requests. */
export interface SeedSlot {
  readonly frontier: string;
  readonly slot: string;
  /** Default: the first of `projects`. */
  readonly project?: number;
  /** A text is a fingerprint. */
  readonly requests: Iterable<string | SeedFrontierRequest>;
}

/** What is there at the beginning. */
export interface Seed {
  /** Spiders that dash knows; a text is a name in the first of `projects`. */
  readonly spiders?: readonly (string | SeedSpider)[];
  /** In the order of their last change, the oldest first. */
  readonly jobs?: readonly SeedJob[];
  /** Settings of projects; an object that is no list is those of the first of `projects`. */
  readonly settings?: JsonObject | readonly SeedSettings[];
  /** What happened in projects. The seed's jobs leave no events by themselves. */
  readonly activity?: readonly SeedActivity[];
  readonly collections?: readonly SeedCollection[];
  /** Slots of frontiers. */
  readonly frontiers?: readonly SeedSlot[];
  /** The name of the user that the API key belongs to. Default `admin`. */
  readonly user?: string;
}
