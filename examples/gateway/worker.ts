// The gateway as a Cloudflare Worker: `npx wrangler deploy`, after `npx wrangler secret put` for the key, the secret and
// the password.
import { createHandler, type Environment } from './handler.ts';

let handler: ((request: Request) => Promise<Response>) | undefined;

export default {
  fetch(request: Request, environment: Environment): Promise<Response> {
    handler ??= createHandler(environment);
    return handler(request);
  },
};
