import type { Answer } from './answer.ts';
import type { Credential } from './authentication.ts';
import type { Bytes } from './bytes.ts';
import type { Project } from './project.ts';
import { Refusal } from './refusal.ts';
import type { Backend } from './refusal-answer.ts';
import { readBody, readText } from './request-body.ts';
import type { SpiderRunner } from './spider-runner.ts';
import type { World } from './world.ts';

/** What every handler may use. */
export interface Services {
  readonly world: World;
  readonly runner: SpiderRunner;
  /** The limit of a request's body, in bytes. */
  readonly maxBodyBytes: number;
  /** How many records one count looks at. */
  readonly countScanLimit: number;
}

/** One request on its way through a handler. */
export class Exchange {
  readonly request: Request;
  readonly url: URL;
  /** The values of the route's `:names`, percent-decoded. */
  readonly params: Readonly<Record<string, string>>;
  readonly world: World;
  readonly runner: SpiderRunner;
  readonly countScanLimit: number;
  readonly #maxBodyBytes: number;

  constructor(request: Request, url: URL, params: Readonly<Record<string, string>>, services: Services) {
    this.request = request;
    this.url = url;
    this.params = params;
    this.world = services.world;
    this.runner = services.runner;
    this.countScanLimit = services.countScanLimit;
    this.#maxBodyBytes = services.maxBodyBytes;
  }

  get query(): URLSearchParams {
    return this.url.searchParams;
  }

  /** A part of the path that the route names. */
  param(name: string): string {
    const value = this.params[name];
    if (value === undefined) throw new Error(`The route has no :${name}`);
    return value;
  }

  /** The project that the path names, which must be one of those that exist. */
  get project(): Project {
    return this.projectOf(this.param('project'));
  }

  /** The project of an id that came with the request. */
  projectOf(id: string): Project {
    const project = /^\d{1,15}$/.test(id) ? this.world.project(Number(id)) : undefined;
    if (project === undefined) throw new Refusal(403, 'Forbidden');
    return project;
  }

  /** The key of the job that the path names: canonical, without leading zeros. */
  get jobKey(): string {
    return ['project', 'spider', 'job'].map((name) => Number(this.param(name))).join('/');
  }

  /** The request's body as text, decompressed. */
  text(): Promise<string> {
    return readText(this.request, this.#maxBodyBytes);
  }

  /** The same as bytes. */
  bytes(): Promise<Bytes> {
    return readBody(this.request, this.#maxBodyBytes);
  }
}

/** One call that the server answers. */
export interface Route {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** Segments; `:project`, `:spider`, `:job` and `:index` are numbers, other `:names` any text. */
  readonly path: string;
  readonly backend: Backend;
  /** Who may call it besides the owner of the key: anybody, or the running job that the path names. */
  readonly access?: 'anybody' | 'job';
  readonly handler: (exchange: Exchange) => Answer | Promise<Answer>;
}

/** Whether a credential may call a route. */
export function checkAccess(route: Route, credential: Credential, exchange: Exchange): void {
  if (credential.kind === 'key') return;
  if (route.access !== 'job' || exchange.jobKey !== credential.job) throw new Refusal(403, 'Forbidden');
}
