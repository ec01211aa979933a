// The gateway in Deno: `deno run --allow-net --allow-env examples/gateway/deno.ts`.
import { createHandler, type Environment } from './handler.ts';

interface DenoRuntime {
  readonly env: { toObject(): Record<string, string> };
  serve(options: { readonly hostname: string; readonly port: number }, handler: (request: Request) => unknown): unknown;
}

const { Deno } = globalThis as unknown as { readonly Deno: DenoRuntime };
const environment = Deno.env.toObject();
const handler = createHandler(environment as unknown as Environment);
Deno.serve({ hostname: environment.HOST ?? '127.0.0.1', port: Number(environment.PORT ?? 8787) }, handler);
