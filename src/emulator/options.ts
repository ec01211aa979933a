import { checkSeed } from './check-seed.ts';
import { checkFaults, type Fault } from './faults.ts';
import type { Seed } from './seed.ts';
import type { SpiderProgram } from './spider-context.ts';
import { checkFunction, checkInteger, checkMembers, reject } from './validate.ts';

/** A request as the emulator received it. */
export interface ReceivedRequest {
  readonly method: string;
  /** As it was sent, percent-encoded, without the query. */
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: Headers;
}

/** The options of {@link createEmulator}. */
export interface EmulatorOptions {
  /** The ids of the projects that exist; others are refused with 403. Default: every project that is named exists. */
  readonly projects?: readonly number[];
  /** The key that opens everything: 32 hex digits. Default: 32 times `f`. */
  readonly apiKey?: string;
  /** Milliseconds since the epoch, for all times that the emulator writes. Default: `Date.now`. */
  readonly clock?: () => number;
  /** Programs that play spiders, by the spiders' names. */
  readonly spiders?: Readonly<Record<string, SpiderProgram>>;
  /** Milliseconds that a job of such a program stays pending. Default 0: until the next turn of the event loop. */
  readonly startDelay?: number;
  /** What goes wrong. Default: nothing. The list itself is used, so it can be changed later. */
  readonly faults?: readonly Fault[];
  /** Draws from 0 to 1 for the `probability` of faults. Default: `Math.random`. */
  readonly random?: () => number;
  /** What is there at the beginning. */
  readonly seed?: Seed;
  /** Whether streams are compressed for clients on a socket that take gzip, as the server does. Default `true`. */
  readonly gzip?: boolean;
  /** The limit of a request's body after decompression, in bytes. Default 256 MiB. */
  readonly maxBodyBytes?: number;
  /**
   * How many records one call looks at to count or delete a part of a collection; what is left over comes with
   * `nextstart`. Default 100 000.
   */
  readonly countScanLimit?: number;
  /** Called for each request, preflights included, before anything else happens. */
  readonly onRequest?: (request: ReceivedRequest) => void;
}

/** The key of an emulator that is not given one. */
export const defaultApiKey: string = 'f'.repeat(32);

const members = [
  'projects',
  'apiKey',
  'clock',
  'spiders',
  'startDelay',
  'faults',
  'random',
  'seed',
  'gzip',
  'maxBodyBytes',
  'countScanLimit',
  'onRequest',
] as const;

/** Throws a `ConfigurationError` where options cannot work. */
export function checkOptions(options: EmulatorOptions): void {
  checkMembers('options', options, members);
  const { projects, apiKey, spiders, faults, gzip } = options;
  if (projects !== undefined) {
    if (!Array.isArray(projects)) reject('projects', 'an array of project ids', projects);
    projects.forEach((id: unknown, position: number) => {
      if (id === undefined) reject(`projects[${position}]`, 'an integer from 1 and up', id);
      checkInteger(`projects[${position}]`, id, 1);
    });
  }
  // The key itself must not show up in a message.
  if (apiKey !== undefined && !(typeof apiKey === 'string' && /^[0-9a-f]{32}$/i.test(apiKey))) {
    reject('apiKey', '32 hex digits', typeof apiKey === 'string' ? `${apiKey.length} characters` : typeof apiKey);
  }
  checkFunction('clock', options.clock);
  checkFunction('random', options.random);
  checkFunction('onRequest', options.onRequest);
  checkInteger('startDelay', options.startDelay, 0);
  checkInteger('maxBodyBytes', options.maxBodyBytes, 1);
  checkInteger('countScanLimit', options.countScanLimit, 1);
  if (gzip !== undefined && typeof gzip !== 'boolean') reject('gzip', 'a boolean', gzip);
  if (faults !== undefined) checkFaults(faults);
  if (spiders !== undefined) {
    if (typeof spiders !== 'object' || spiders === null) reject('spiders', 'an object of functions', spiders);
    for (const [name, program] of Object.entries(spiders)) {
      if (typeof program !== 'function') reject(`spiders.${name}`, 'a function', program);
    }
  }
  checkSeed(options.seed, projects);
}
