import { Refusal } from './refusal.ts';
import type { Backend } from './refusal-answer.ts';
import type { World } from './world.ts';

/** Who asks: the owner of the API key, or a running job. */
export type Credential = { readonly kind: 'key' } | { readonly kind: 'job'; readonly job: string };

interface Pair {
  readonly user: string;
  readonly password: string;
}

function basicPair(authorization: string | null): Pair | undefined {
  const encoded = /^basic +([a-z0-9+/=]+) *$/i.exec(authorization ?? '')?.[1];
  if (encoded === undefined) return undefined;
  try {
    const text = atob(encoded);
    const colon = text.indexOf(':');
    return colon < 0 ? { user: text, password: '' } : { user: text.slice(0, colon), password: text.slice(colon + 1) };
  } catch {
    return undefined;
  }
}

/** Finds out who asks. Throws a `Refusal` when it is nobody that the server knows. */
export function authenticate(
  headers: Headers,
  query: URLSearchParams,
  apiKey: string,
  world: World,
  backend: Backend,
): Credential {
  const authorization = headers.get('authorization');
  const pair = authorization === null ? { user: query.get('apikey') ?? '', password: '' } : basicPair(authorization);
  if (pair !== undefined) {
    if (pair.user === apiKey && pair.password === '') return { kind: 'key' };
    // A job's token is valid while the job runs, and only then does the job have one.
    const job = pair.password === '' ? undefined : world.job(pair.user);
    if (job?.token !== undefined && job.token === pair.password) return { kind: 'job', job: job.key };
  }
  throw new Refusal(401, backend === 'dash' ? 'Authentication failed' : 'Unauthorized');
}
