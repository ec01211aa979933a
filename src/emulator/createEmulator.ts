import { anySignal } from './any-signal.ts';
import { Clock } from './clock.ts';
import { preflight } from './cors.ts';
import { Dispatcher } from './dispatcher.ts';
import { faultAnswer } from './fault-answer.ts';
import { type Fault, Faults } from './faults.ts';
import type { EmulatorFetch } from './fetch-type.ts';
import { acceptsGzip } from './negotiation.ts';
import { networkError } from './network-error.ts';
import { checkOptions, defaultApiKey, type EmulatorOptions } from './options.ts';
import { pause } from './pause.ts';
import { plant } from './plant.ts';
import type { Project } from './project.ts';
import { respond } from './respond.ts';
import { SpiderRunner } from './spider-runner.ts';
import { World } from './world.ts';

/** Scrapy Cloud in this process. */
export interface Emulator extends AsyncDisposable {
  /** The key that opens everything. */
  readonly apiKey: string;
  /**
   * Answers requests to both hosts, in place of the platform's `fetch`. As there, a body arrives decompressed, a
   * broken connection is a `TypeError`, and a signal ends the request and the body.
   */
  readonly fetch: EmulatorFetch;
  /**
   * Answers as on the wire, for a server: with a compressed body and its `content-encoding` where the client takes it.
   * Rejects where the connection must be broken without an answer.
   */
  handle(request: Request): Promise<Response>;
  /** What goes wrong: a plain array, which may be changed or replaced at any time. */
  faults: Fault[];
  /** Resolves when no spider of a program waits or runs. */
  idle(): Promise<void>;
  /** Aborts all spiders, breaks all bodies and refuses what comes later. */
  close(): Promise<void>;
}

const defaultMaxBodyBytes = 256 * 1024 * 1024;
const defaultCountScanLimit = 100_000;

/**
 * Makes an emulator of Scrapy Cloud: the storage API and the dash API behind one `fetch`. Throws a
 * `ConfigurationError` where the options cannot work.
 */
export function createEmulator(options: EmulatorOptions = {}): Emulator {
  checkOptions(options);
  const { seed = {}, projects, random = Math.random } = options;
  const apiKey = options.apiKey ?? defaultApiKey;
  const programs = new Map(Object.entries(options.spiders ?? {}));
  const closing = new AbortController();
  // The caller's own array: it stays usable as a handle on the faults.
  const faults = new Faults((options.faults as Fault[] | undefined) ?? [], random);
  // The seed comes first, as it may ask for certain ids.
  let isPlanted = false;
  const registerPrograms = (project: Project): void => {
    for (const name of programs.keys()) project.registerSpider(name);
  };
  const world = new World({
    clock: new Clock(options.clock ?? Date.now),
    projects,
    user: seed.user ?? 'admin',
    onProject: (project) => {
      if (isPlanted) registerPrograms(project);
    },
  });
  const runner = new SpiderRunner({
    world,
    programs,
    startDelay: options.startDelay ?? 0,
    fetch: (input, init) => emulator.fetch(input, init),
  });
  const services = {
    world,
    runner,
    maxBodyBytes: options.maxBodyBytes ?? defaultMaxBodyBytes,
    countScanLimit: options.countScanLimit ?? defaultCountScanLimit,
  };
  const dispatcher = new Dispatcher(services, apiKey);
  for (const id of projects ?? []) world.project(id);
  plant(world, seed, projects?.[0]);
  isPlanted = true;
  world.projects.forEach(registerPrograms);

  async function serve(request: Request, gzip: boolean): Promise<Response> {
    const url = new URL(request.url);
    const signal = anySignal(request.signal, closing.signal);
    signal.throwIfAborted();
    options.onRequest?.({
      method: request.method,
      path: url.pathname,
      query: url.searchParams,
      headers: request.headers,
    });
    if (request.method === 'OPTIONS') return preflight(request);
    const effects = faults.take(request.method, url.pathname);
    if (effects.latency > 0) await pause(effects.latency, signal);
    const { main } = effects;
    const delivery = { backend: 'data', isHead: request.method === 'HEAD', gzip, effects, signal } as const;
    if (main?.status !== undefined) return respond(faultAnswer(main, main.status), delivery);
    if (main?.drop === 'before') throw networkError('fetch failed');
    const { answer, backend } = await dispatcher.dispatch(request, url);
    if (main?.drop === 'after') throw networkError('fetch failed');
    signal.throwIfAborted();
    return respond(answer, { ...delivery, backend });
  }

  const emulator: Emulator = {
    apiKey,
    fetch: async (input, init) => serve(new Request(input, init), false),
    handle: (request) => serve(request, options.gzip !== false && acceptsGzip(request.headers.get('accept-encoding'))),
    get faults() {
      return faults.list;
    },
    set faults(list: Fault[]) {
      faults.list = list;
    },
    idle: () => runner.idle(),
    close: async () => {
      closing.abort(networkError('terminated'));
      runner.close();
    },
    [Symbol.asyncDispose]: () => emulator.close(),
  };
  return emulator;
}
