import { createEmulator, type Emulator, type EmulatorOptions } from 'tideway/emulator';
import { createGateway, type Gateway, type GatewayOptions, mintToken } from 'tideway/gateway';

/** What both sides of the tests share. */
export const SECRET = 'a secret of the tests, which is long enough';
export const ORIGIN = 'https://gateway.test';
export const PAGE = 'https://app.example';

/** A request as the emulator behind the gateway got it. */
export interface Passed {
  readonly method: string;
  readonly url: URL;
  readonly headers: Headers;
  readonly body: string;
}

/** A gateway before an emulator, with what passed between them. */
export interface GatewayWorld {
  readonly emulator: Emulator;
  readonly gateway: Gateway;
  readonly passed: Passed[];
  /** Asks the gateway, with a token for project 123 and all methods unless the headers have another one. */
  ask(path: string, init?: RequestInit): Promise<Response>;
}

export const ALL_METHODS: readonly string[] = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'];

/** Projects 123 and 456 exist, each with a finished job of three items and a running one. */
export async function openWorld(
  options: Partial<GatewayOptions> = {},
  emulatorOptions: EmulatorOptions = {},
): Promise<GatewayWorld> {
  const job = { spider: 'shop', items: [{ n: 0 }, { n: 1 }, { n: 2 }] };
  const emulator = createEmulator({
    projects: [123, 456],
    seed: {
      jobs: [123, 456].flatMap((project) => [
        { ...job, project, state: 'finished' as const },
        { spider: 'shop', project, state: 'running' as const },
      ]),
    },
    ...emulatorOptions,
  });
  const passed: Passed[] = [];
  const gateway = createGateway({
    auth: emulator.apiKey,
    secret: SECRET,
    origins: [PAGE],
    basePath: '/api',
    fetch: async (request) => {
      const { headers, method } = request;
      passed.push({ method, url: new URL(request.url), headers, body: await request.clone().text() });
      return emulator.fetch(request);
    },
    ...options,
  });
  const token = await mintToken({ secret: SECRET, projects: [123], methods: ALL_METHODS });
  const ask = (path: string, init: RequestInit = {}): Promise<Response> => {
    const headers = new Headers(init.headers);
    if (!headers.has('authorization')) headers.set('authorization', `Bearer ${token}`);
    return gateway.fetch(new Request(`${ORIGIN}/api${path}`, { ...init, headers }));
  };
  return { emulator, gateway, passed, ask };
}

/** The reason of a refusal. */
export async function messageOf(response: Response): Promise<string> {
  return ((await response.json()) as { message: string }).message;
}
