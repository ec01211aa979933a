import type { Fetch } from '../http/options.ts';
import type { Framing } from './framing.ts';
import type { Quota } from './quota.ts';
import type { RecordQueue } from './record-queue.ts';
import type { StateCounter } from './state-counter.ts';

/**
 * What a tide does: nothing (`idle`), asking for the stream (`connecting`), reading it (`open`), or neither, since the
 * queue has no room or the next attempt is not due yet (`waiting`).
 */
export type TideState = 'idle' | 'connecting' | 'open' | 'waiting';

/**
 * Why a run ended: its `limit`, `maxBytes` or `maxDuration` was reached, the shared `quota` is spent, the stream ended by
 * itself, or it was ended, by `off()`, by the counter, or by a reader that left.
 */
export type EndReason = 'limit' | 'quota' | 'bytes' | 'duration' | 'end' | 'off';

/** One run of a tide. */
export interface TideRun {
  /** The HTTP status of the last answer of 2xx; undefined where none came. */
  readonly status: number | undefined;
  /** The headers of that answer. */
  readonly headers: Headers;
  /** Where it came from, behind redirects. */
  readonly url: string;
  /** Records delivered. */
  readonly delivered: number;
  /** Bytes of bodies that were read, decompressed. */
  readonly bytes: number;
  /** Undefined while it runs, and when it ended with an error. */
  readonly reason: EndReason | undefined;
}

/** The bounds of one run. */
export interface RunOptions {
  /** Delivers so many records and closes the stream; from 1 up. No limit by default. */
  readonly limit?: number | undefined;
  /**
   * Delivers the records that lie, their delimiter included, within so many bytes of the stream, decompressed, and
   * closes it; from 1 up. No limit by default.
   */
  readonly maxBytes?: number | undefined;
  /** Closes the stream after so many milliseconds; no record is delivered later. No limit by default. */
  readonly maxDuration?: number | undefined;
  /** The most records a second, above 0. The server is slowed down where it is faster. No limit by default. */
  readonly maxRate?: number | undefined;
  /** A limit that is shared with other tides. */
  readonly quota?: Quota | undefined;
  /** Ends the run at once; it rejects with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
}

/** Signs a request: changes its headers, or answers with another one. Asked anew for every attempt. */
export type Sign = (request: Request) => Request | undefined | Promise<Request | undefined>;

/** A broken connection is about to be replaced. */
export interface ReconnectEvent {
  /** Attempts in a row without a record, this one included. */
  readonly attempt: number;
  /** Milliseconds until it is made. */
  readonly delay: number;
  /** What broke the connection. */
  readonly error: unknown;
}

/**
 * How a broken connection is replaced: one that was cut, was silent for too long, had no answer, or was answered with
 * 408, 420, 429 or 5xx. Waits are random, up to a bound that doubles with every failure of its kind,
 * six times.
 */
export interface ReconnectOptions<T> {
  /** Attempts in a row that bring no record, after which it is given up. @default 10 */
  readonly maxAttempts?: number;
  /** The upper bound of the first wait after a network failure, in milliseconds. @default 250 */
  readonly network?: number;
  /** The same after a status of 408 or 5xx. @default 5_000 */
  readonly http?: number;
  /** The same after a status of 420 or 429. @default 60_000 */
  readonly rateLimit?: number;
  /** The longest wait, also one that a server asks for; it is given up where that asks for more. @default 900_000 */
  readonly longest?: number;
  /** A connection that was open for so many milliseconds was good: bounds begin anew. @default 10_000 */
  readonly resetAfter?: number;
  /** Whether a stream that ends by itself is opened again, but for a status of 204. @default false */
  readonly atEnd?: boolean;
  /** The request that goes on behind the last record delivered. By default it is the same one again. */
  readonly resume?: (lastRecord: T) => Request | Promise<Request>;
  /** What tells records apart: those that come again after a break are dropped. */
  readonly id?: (record: T) => unknown;
  /** How many ids are remembered. @default 10_000 */
  readonly window?: number;
}

/** What a tide reads, and how. All durations are milliseconds. */
export interface TideOptions<T> {
  /** How the bytes are made of records, such as `jsonLines()`. */
  readonly framing: Framing<T>;
  /** @default 'GET', with a `body` 'POST' */
  readonly method?: string;
  readonly headers?: ConstructorParameters<typeof Headers>[0];
  /** Sent with every attempt; no stream, which could be sent once only. */
  readonly body?: string | Uint8Array<ArrayBuffer> | ArrayBuffer | Blob | FormData | URLSearchParams;
  /** @default globalThis.fetch */
  readonly fetch?: Fetch;
  /** Signs every attempt, such as `bearer(token)` or `oauth1({ … })`. */
  readonly sign?: Sign;
  /** Where `on` puts records. @default a queue in memory with room for `limit` records, 10 000 without a limit */
  readonly queue?: RecordQueue<T>;
  /** Counts records, and is an off switch. @default memoryCounter() */
  readonly counter?: StateCounter;
  /** Replaces connections that break; `true` is `{}`. @default false */
  readonly reconnect?: ReconnectOptions<T> | boolean;
  /** The longest wait for the headers of an answer. @default 30_000 */
  readonly timeout?: number;
  /** The longest silence: no byte comes. @default 90_000 */
  readonly idleTimeout?: number;
  /** The longest wait for a record, whatever else comes. No limit by default. */
  readonly stallTimeout?: number;
  /** The longest record, in bytes. @default 8_388_608 */
  readonly maxRecordBytes?: number;
  /** Told of each change of the state. What it throws ends the run. */
  readonly onState?: (state: TideState) => void;
  /** Told of each reconnection. What it throws ends the run. */
  readonly onReconnect?: (event: ReconnectEvent) => void;
}
