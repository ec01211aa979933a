import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { createEmulator, type Emulator, type Fault } from 'tideway/emulator';
import { serveEmulator } from 'tideway/node';
import { startRedis, startRestFront } from '../helpers/redis-server.ts';
import { type CaseOptions, caseNames, itemOf, logOf, requestOf, SIZE, sampleOf } from './conformance.js';
import { openSmallSite } from './small-site.ts';

/** A request that the emulator received, and what became of the answer's body. */
interface Exchange {
  readonly method: string;
  readonly path: string;
  readonly query: string;
  readonly headers: Readonly<Record<string, string>>;
  encoding: string | null;
  /** `left`: by the client, before its end. */
  outcome: 'open' | 'whole' | 'broken' | 'left';
}

/** The other end of the wire for one runtime, with a control for what the cases cannot do by themselves. */
export interface Stage extends AsyncDisposable {
  readonly options: Omit<CaseOptions, 'isBrowser' | 'hasSockets' | 'hidesBreaks' | 'acceptEncoding'>;
  /** All that the emulator saw, preflights included. */
  readonly exchanges: readonly Exchange[];
  /** Forgets the faults and what was seen. */
  clear(): void;
  /** Sends so many records of what is at a path, and then nothing more. */
  stall(path: string, records: number): void;
}

function* many<T>(of: (n: number) => T): Generator<T> {
  for (let n = 0; n < SIZE; n++) yield of(n);
}

/** Writes down each request and how it ends. */
function watch(emulator: Emulator, exchanges: Exchange[], alter: (request: Request) => Request): Emulator {
  const handle = async (request: Request): Promise<Response> => {
    const { pathname: path, search: query } = new URL(request.url);
    const headers = Object.fromEntries(request.headers);
    const exchange: Exchange = { method: request.method, path, query, headers, encoding: null, outcome: 'open' };
    exchanges.push(exchange);
    const end = (outcome: Exchange['outcome']): void => {
      if (exchange.outcome === 'open') exchange.outcome = outcome;
    };
    request.signal.addEventListener('abort', () => end('left'));
    try {
      const response = await emulator.handle(alter(request));
      exchange.encoding = response.headers.get('content-encoding');
      if (!response.body) {
        end('whole');
        return response;
      }
      return new Response(observe(response.body, end), response);
    } catch (error) {
      end('broken');
      throw error;
    }
  };
  return { ...emulator, handle };
}

function observe(
  body: ReadableStream<Uint8Array>,
  end: (outcome: 'whole' | 'broken' | 'left') => void,
): ReadableStream<Uint8Array> {
  const reader = body.getReader();
  return new ReadableStream(
    {
      pull: async (controller) => {
        try {
          const { done, value } = await reader.read();
          if (!done) return controller.enqueue(value);
          end('whole');
          controller.close();
        } catch (error) {
          end('broken');
          controller.error(error);
        }
      },
      cancel: (reason) => {
        end('left');
        return reader.cancel(reason);
      },
    },
    { highWaterMark: 0 },
  );
}

async function listen(answer: (message: IncomingMessage, reply: ServerResponse) => void) {
  const server = createServer(answer);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const close = async (): Promise<void> => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  };
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, close };
}

async function readJson(message: IncomingMessage): Promise<unknown> {
  let text = '';
  for await (const chunk of message) text += String(chunk);
  return JSON.parse(text);
}

export async function openStage(): Promise<Stage> {
  const exchanges: Exchange[] = [];
  const jobs = caseNames.map(() => ({
    spider: 'seeded',
    items: many(itemOf),
    logs: many(logOf),
    requests: many(requestOf),
    samples: many(sampleOf),
  }));
  const emulator = createEmulator({
    projects: [1],
    seed: { jobs },
    spiders: {
      live: async ({ args, items, logs }) => {
        logs.info('begin');
        for (let n = 0; n < 60; n++) {
          await items.write({ n, ...args });
          if (n % 10 === 9) await sleep(25);
        }
        logs.info('end');
      },
    },
  });
  const server = await serveEmulator({ emulator: watch(emulator, exchanges, (request) => request) });
  const withoutGzip = (request: Request): Request => {
    const plain = new Request(request);
    plain.headers.delete('accept-encoding');
    return plain;
  };
  const plain = await serveEmulator({ emulator: watch(emulator, exchanges, withoutGzip) });
  const dead = await listen(() => {});
  await dead.close();

  const site = await openSmallSite();
  const redis = await startRedis();
  const front = await startRestFront(redis.port);

  const clear = (): void => {
    emulator.faults = [];
    site.visits.splice(0);
    exchanges.splice(0);
  };
  const commands: Readonly<Record<string, (body: never) => unknown>> = {
    '/fault': (fault: Fault) => emulator.faults.push(fault),
    '/clear': clear,
    '/visits': () => site.visits,
    '/seen': ({ path }: { path: string }) =>
      exchanges.filter((exchange) => exchange.method === 'GET' && exchange.path === path),
  };
  const control = await listen(async (message, reply) => {
    const body = await readJson(message);
    const command = commands[message.url ?? ''];
    const answer = JSON.stringify(command?.(body as never) ?? null);
    reply.writeHead(command ? 200 : 404, { 'content-type': 'application/json', 'access-control-allow-origin': '*' });
    reply.end(answer);
  });

  return {
    options: {
      endpoint: server.endpoint,
      dashEndpoint: server.dashEndpoint,
      plainEndpoint: plain.endpoint,
      deadEndpoint: dead.url,
      control: control.url,
      apiKey: emulator.apiKey,
      site: site.url,
      redis: { port: redis.port, http: { url: front.url, token: front.token } },
    },
    exchanges,
    clear,
    stall: (path, stallAfterRecords) => void emulator.faults.push({ path, stallAfterRecords }),
    [Symbol.asyncDispose]: async () => {
      await Promise.all([
        server.close(),
        plain.close(),
        control.close(),
        emulator.close(),
        site.close(),
        front.close(),
      ]);
      await redis.close();
    },
  };
}
