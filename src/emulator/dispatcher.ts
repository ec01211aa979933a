import type { Answer } from './answer.ts';
import { authenticate, type Credential } from './authentication.ts';
import { checkAccess, Exchange, type Services } from './exchange.ts';
import { Refusal } from './refusal.ts';
import { type Backend, refusalAnswer } from './refusal-answer.ts';
import { type Match, Router, type Target, targetOf } from './router.ts';
import { routes } from './routes/index.ts';

/** An answer with the service that gives it, whose style it has. */
export interface Dispatched {
  readonly answer: Answer;
  readonly backend: Backend;
}

/** Brings requests to their handlers: path, credential, access, and refusals in the style of the service asked. */
export class Dispatcher {
  readonly #router = new Router(routes);
  readonly #services: Services;
  readonly #apiKey: string;

  constructor(services: Services, apiKey: string) {
    this.#services = services;
    this.#apiKey = apiKey;
  }

  async dispatch(request: Request, url: URL): Promise<Dispatched> {
    let backend: Backend = 'data';
    try {
      const target = targetOf(url.pathname);
      backend = target.backend;
      const { route, params, credential } = this.#admit(request, url, target);
      const exchange = new Exchange(request, url, params, this.#services);
      if (credential !== undefined) checkAccess(route, credential, exchange);
      return { answer: await route.handler(exchange), backend };
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      return { answer: refusalAnswer(error, backend), backend };
    }
  }

  // Who is unknown learns nothing about paths, except about those that are open to all.
  #admit(request: Request, url: URL, target: Target): Match & { readonly credential: Credential | undefined } {
    const match = this.#find(request.method, target);
    if (!(match instanceof Refusal) && match.route.access === 'anybody') return { ...match, credential: undefined };
    const { world } = this.#services;
    const credential = authenticate(request.headers, url.searchParams, this.#apiKey, world, target.backend);
    if (match instanceof Refusal) throw match;
    return { ...match, credential };
  }

  #find(method: string, target: Target): Match | Refusal {
    try {
      return this.#router.find(method, target);
    } catch (error) {
      if (error instanceof Refusal) return error;
      throw error;
    }
  }
}
