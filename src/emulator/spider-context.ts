import type { EmulatorFetch } from './fetch-type.ts';
import type { Job } from './job.ts';
import type { JobData } from './job-data.ts';
import { recordKinds } from './record-kinds.ts';
import { checkSize } from './record-store.ts';
import { Refusal } from './refusal.ts';
import type { ResourceName } from './resource.ts';
import type { World } from './world.ts';

/** Anything that JSON can say about an object. */
export type JsonObject = Readonly<Record<string, unknown>>;

/** Writes records of one kind into the job's data. */
export interface SpiderWriter<T> {
  /** Stores one record and resolves to its index. Rejects with a `TypeError` when the server would refuse it. */
  write(record: T): Promise<number>;
}

/** Writes the job's log. Times are those of the emulator's clock. */
export interface SpiderLog {
  /** Adds a message at a level: 10 debug, 20 info, 30 warning, 40 error, 50 critical. Default 20. */
  log(message: string, level?: number): void;
  /** Level 10. */
  debug(message: string): void;
  /** Level 20. */
  info(message: string): void;
  /** Level 30. */
  warning(message: string): void;
  /** Level 40. */
  error(message: string): void;
}

/** One request that a spider made, as `/requests` keeps it. */
export interface SpiderRequest {
  readonly url: string;
  readonly status: number;
  readonly method: string;
  /** Size of the response, in bytes. */
  readonly rs: number;
  /** Milliseconds. */
  readonly duration: number;
  /** Milliseconds since the epoch. Default: now. */
  readonly time?: number;
  /** Index of the request that led to this one. */
  readonly parent?: number | null;
  /** Fingerprint. */
  readonly fp?: string | null;
}

/** What a program that plays a spider is given. */
export interface SpiderContext {
  /** The job's key, `P/S/J`. */
  readonly key: string;
  /** The spider's name. */
  readonly spider: string;
  /** The arguments of the run, all strings. */
  readonly args: Readonly<Record<string, string>>;
  /** The settings of the run. */
  readonly settings: JsonObject;
  /** The job's own credential, `P/S/J:token`, for a client of the user's. Valid while the job runs. */
  readonly auth: string;
  /** The emulator's `fetch`, for the same. */
  readonly fetch: EmulatorFetch;
  /** The job's items. */
  readonly items: SpiderWriter<object>;
  /** The job's log. */
  readonly logs: SpiderLog;
  /** The job's requests. */
  readonly requests: {
    /** Stores one request and resolves to its index. */
    add(request: SpiderRequest): Promise<number>;
  };
  /** The job's samples. */
  readonly samples: SpiderWriter<readonly number[]>;
  /** Aborted when the job is cancelled, finished or deleted from outside, or the emulator is closed. */
  readonly signal: AbortSignal;
}

/**
 * A program that plays a spider. What it returns ends the job with `close_reason` `finished`, or with the text that
 * it returns; what it throws ends it with the error's message, which is also logged.
 */
export type SpiderProgram = (context: SpiderContext) => unknown;

/** How long a spider may write before the rest of the program gets a turn, in milliseconds. */
const turn = 10;

/** Writes records into the data of one job. */
class JobWriter {
  readonly #job: Job;
  readonly #world: World;
  #lastPause = Date.now();

  constructor(job: Job, world: World) {
    this.#job = job;
    this.#world = world;
  }

  add(name: ResourceName, value: unknown): number {
    const { clock } = this.#world;
    try {
      const entry = recordKinds[name].entry(value, undefined, clock.now());
      checkSize(entry.line);
      return this.#data(name).add(entry, clock.mark());
    } catch (error) {
      throw error instanceof Refusal ? new TypeError(error.message) : error;
    }
  }

  /** The same, and lets timers and sockets run now and then: promises alone never do. */
  async write(name: ResourceName, value: unknown): Promise<number> {
    const index = this.add(name, value);
    if (Date.now() - this.#lastPause > turn) {
      await new Promise((resolve) => setTimeout(resolve, 0));
      this.#lastPause = Date.now();
    }
    return index;
  }

  #data(name: ResourceName): JobData {
    return this.#world.openData(name, this.#job.key);
  }
}

function textArguments(given: unknown): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(given ?? {}).map(([name, value]) => [name, String(value)]));
}

/** What the program of a job that has just started is given. */
export function spiderContext(job: Job, world: World, signal: AbortSignal, fetch: EmulatorFetch): SpiderContext {
  const writer = new JobWriter(job, world);
  const log = (message: string, level = 20): void => {
    writer.add('logs', { message, level });
  };
  return {
    key: job.key,
    spider: job.spider.name,
    args: textArguments(job.meta.get('spider_args')),
    settings: { ...(job.meta.get('job_settings') ?? {}) },
    auth: `${job.key}:${job.token}`,
    fetch,
    items: { write: (record) => writer.write('items', record) },
    logs: {
      log,
      debug: (message) => log(message, 10),
      info: (message) => log(message, 20),
      warning: (message) => log(message, 30),
      error: (message) => log(message, 40),
    },
    requests: { add: (request) => writer.write('requests', request) },
    samples: { write: (record) => writer.write('samples', record) },
    signal,
  };
}
