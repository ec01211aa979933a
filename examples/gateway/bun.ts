// The gateway in Bun: `bun examples/gateway/bun.ts`.
import { createHandler, type Environment } from './handler.ts';

interface BunRuntime {
  readonly env: Record<string, string | undefined>;
  serve(options: {
    readonly hostname: string;
    readonly port: number;
    /** Seconds; 0 is never: the gateway has limits of its own. */
    readonly idleTimeout: number;
    readonly fetch: (request: Request) => Promise<Response>;
  }): { readonly url: URL };
}

const { Bun } = globalThis as unknown as { readonly Bun: BunRuntime };
const { HOST = '127.0.0.1', PORT = '8787' } = Bun.env;
const fetch = createHandler(Bun.env as unknown as Environment);
const { url } = Bun.serve({ hostname: HOST, port: Number(PORT), idleTimeout: 0, fetch });
console.log(`Listening on ${url.href}`);
