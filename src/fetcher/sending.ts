import type { Lease, Outcome } from './limiter.ts';
import type { Line } from './line.ts';
import type { Target } from './redirect.ts';
import type { Trip } from './trip.ts';
import type { Visit } from './visit.ts';

/** The longest wait for the headers of an answer, in milliseconds. */
const TIMEOUT = 30_000;
const NO_LEASES: readonly Lease[] = [];

/** What `fetch` is given, streams as bodies included. */
type SentInit = RequestInit & { duplex?: 'half' };

/** One request over the network, from its way to a place until the end of its body, with all that it holds. */
export class Sending implements Visit {
  readonly source = 'network';
  readonly trip: Trip;
  /** What is sent: the trip may go on. */
  readonly target: Target;
  readonly line: Line;
  readonly #headers: Headers | undefined;
  readonly #leases: readonly Lease[];
  lease: Lease | undefined;
  at: Visit['at'];
  /** The longest wait for its answer, and until when that is. */
  timeout = 0;
  due = 0;
  sent: number | undefined;
  latency: number | undefined;
  asked: number | undefined;
  response: Response | undefined;
  #isHeld = true;
  #answered: Promise<Response> | undefined;
  #tell: ((answered: Promise<Response>) => void) | undefined;

  constructor(trip: Trip, line: Line, leases: readonly Lease[] = NO_LEASES, headers?: Headers) {
    this.trip = trip;
    this.target = trip.target as Target;
    this.line = line;
    this.#headers = headers ?? this.target.headers;
    this.#leases = leases;
  }

  /** Comes for a place; the answer to what is sent from there. Calling it again does nothing else. */
  answer(): Promise<Response> {
    if (!this.#answered) {
      this.trip.leaveStart();
      this.trip.shared.schedule.enter(this);
    }
    this.#answered ??= new Promise((resolve) => {
      this.#tell = resolve;
    });
    return this.#answered;
  }

  admit(): void {
    this.#settle(this.#send());
  }

  refuse(error: unknown): void {
    this.at = undefined;
    this.#settle(Promise.reject(error));
  }

  release(error?: Error): void {
    if (!this.#isHeld) return;
    this.#isHeld = false;
    const { clock, schedule } = this.trip.shared;
    const { response, sent } = this;
    if (!response) {
      // Its answer may come all the same, and would hold its connection.
      this.#answered?.then(
        (late) => late.body?.cancel().catch(() => {}),
        () => {},
      );
    }
    const outcome: Outcome | undefined =
      sent === undefined
        ? undefined
        : { status: response?.status, latency: this.latency ?? clock.now() - sent, error, rest: this.asked };
    schedule.leave(this, outcome);
    for (const lease of this.#leases) lease.release(outcome);
  }

  #settle(answered: Promise<Response>): void {
    if (this.#tell) this.#tell(answered);
    else this.#answered = answered;
  }

  /** It has all that it needs. */
  #send(): Promise<Response> {
    const trip = this.trip;
    // It was given up, and is about to leave.
    if (this.line.isEnded) return Promise.reject(this.line.reason);
    const { init, shared } = trip;
    const { clock, counters, settings, works } = shared;
    const { cache, credentials, fetch: own, redirect } = init;
    const { body, method, url } = this.target;
    this.sent = trip.sent = clock.now();
    trip.firstSent ??= this.sent;
    for (const lease of this.#leases) lease.begin?.();
    counters.requests++;
    this.timeout = init.timeout ?? settings.timeout ?? TIMEOUT;
    works?.watch.add(this, this.timeout);
    const follows = settings.platformFollows && redirect !== 'manual';
    const sent: SentInit = { method, signal: this.line.signal, redirect: follows ? 'follow' : 'manual' };
    if (this.#headers) sent.headers = this.#headers;
    if (body !== undefined) sent.body = body;
    if (body instanceof ReadableStream) sent.duplex = 'half';
    if (cache) sent.cache = cache;
    if (credentials) sent.credentials = credentials;
    try {
      return Promise.resolve((own ?? settings.fetch)(url.href, sent));
    } catch (error) {
      return Promise.reject(error);
    }
  }
}
