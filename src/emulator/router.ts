import type { Route } from './exchange.ts';
import { Refusal } from './refusal.ts';
import type { Backend } from './refusal-answer.ts';

const numeric: ReadonlySet<string> = new Set([':project', ':spider', ':job', ':index']);
const jobqFamilies: ReadonlySet<string> = new Set(['jobq', 'jobs', 'projects', 'ids', 'spiders', 'botgroups']);

/** A path as the router sees it. */
export interface Target {
  /** Percent-decoded; dash paths without their `api`. */
  readonly segments: readonly string[];
  readonly backend: Backend;
}

/** A route that fits, with the values of its names. */
export interface Match {
  readonly route: Route;
  readonly params: Readonly<Record<string, string>>;
}

/** Takes a URL's path apart. The host says nothing: both forms of both hosts, and any other, work. */
export function targetOf(pathname: string): Target {
  const raw = pathname.replace(/^\//, '').replace(/\/$/, '').split('/');
  const isDash = raw[0] === 'api';
  const own = isDash ? raw.slice(1) : raw;
  const backend = isDash ? 'dash' : jobqFamilies.has(own[0] ?? '') ? 'jobq' : 'data';
  try {
    return { segments: own.map(decodeURIComponent), backend };
  } catch {
    throw new Refusal(400, 'Invalid percent-encoding in the path');
  }
}

function paramsOf(pattern: readonly string[], segments: readonly string[]): Record<string, string> | undefined {
  if (pattern.length !== segments.length) return undefined;
  const params: Record<string, string> = {};
  for (const [position, part] of pattern.entries()) {
    const segment = segments[position] ?? '';
    if (!part.startsWith(':')) {
      if (part !== segment) return undefined;
    } else if (segment === '' || (numeric.has(part) && !/^\d{1,15}$/.test(segment))) return undefined;
    else params[part.slice(1)] = segment;
  }
  return params;
}

/** Finds the route of a request. Routes are tried in order: what is more exact comes first. */
export class Router {
  readonly #routes: readonly { readonly route: Route; readonly pattern: readonly string[] }[];

  constructor(routes: readonly Route[]) {
    this.#routes = routes.map((route) => ({ route, pattern: route.path.split('/') }));
  }

  /** Throws a `Refusal` where no route fits: 405 when another method would, else 404. */
  find(method: string, target: Target): Match {
    const asked = method === 'HEAD' ? 'GET' : method;
    const isDash = target.backend === 'dash';
    const others: string[] = [];
    for (const { route, pattern } of this.#routes) {
      if ((route.backend === 'dash') !== isDash) continue;
      const params = paramsOf(pattern, target.segments);
      if (params === undefined) continue;
      if (route.method === asked) return { route, params };
      others.push(route.method);
    }
    if (others.length > 0) throw new Refusal(405, 'Method Not Allowed');
    throw new Refusal(
      404,
      `Not Found: this server has no ${method} /${isDash ? 'api/' : ''}${target.segments.join('/')}`.slice(0, 300),
    );
  }
}
