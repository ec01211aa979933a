import { checkInteger, checkType, expected } from '../errors/index.ts';
import { FetchTask } from '../fetcher/fetch-task.ts';

/** The longest URL, in characters. */
export const MAX_URL_LENGTH: number = 64 * 1024;

/** A request as a frontier keeps it: plain data that JSON can hold, never code. */
export interface FrontierTask {
  readonly url: string;
  /** @default 'GET' */
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  /** Higher goes first; equals in the order in which they came. @default 0 */
  readonly priority?: number;
  /** How many links lead here from where a crawl began. @default 0 */
  readonly depth?: number;
  /** The name under which the class of the task is registered. */
  readonly type?: string;
  /** Anything of your own that JSON can hold. */
  readonly data?: unknown;
}

/** What can be added to a frontier. */
export type FrontierInput = string | URL | FrontierTask | FetchTask;

/**
 * What is to be kept of something that is added: checked, copied, without what is as it always is.
 *
 * @throws ConfigurationError for what is no URL of http or https, for a URL with a credential, and for what is no plain
 *   data.
 */
export function frontierTask(input: FrontierInput): FrontierTask {
  if (typeof input === 'string' || input instanceof URL) return { url: urlOf(String(input)) };
  const given = (input instanceof FetchTask ? input.toJSON() : input) as Partial<FrontierTask> | null;
  if (typeof given !== 'object' || given === null) expected('a task to be a URL, an object with one or a task', given);
  const { body, data, depth, headers, method, priority, type, url } = given as Partial<FrontierTask>;
  checkInteger('depth', depth, 0);
  checkType('method', method, 'string');
  checkType('body', body ?? undefined, 'string');
  checkType('type', type, 'string');
  if (priority !== undefined && !Number.isFinite(priority)) expected('`priority` to be a finite number', priority);
  return {
    url: urlOf(url),
    ...(method !== undefined && method !== 'GET' && { method: method.toUpperCase() }),
    ...(headers && { headers: plainHeaders(headers) }),
    ...((body ?? undefined) !== undefined && { body: body as string }),
    ...(priority && { priority }),
    ...(depth && { depth }),
    ...(type !== undefined && { type }),
    ...(data !== undefined && { data: copyOf(data) }),
  };
}

/** What is added, one or several, as a list. */
export function inputsOf(tasks: FrontierInput | Iterable<FrontierInput>): FrontierInput[] {
  if (typeof tasks !== 'object' || tasks === null || !(Symbol.iterator in tasks)) return [tasks as FrontierInput];
  return [...tasks];
}

function urlOf(url: unknown): string {
  if (typeof url !== 'string') return expected('`url` to be of type string', url);
  if (url.length > MAX_URL_LENGTH) expected(`a URL of at most ${MAX_URL_LENGTH} characters`, url.length);
  const { href, password, protocol, username } = parsed(url);
  // It would be stored, and no request can have it.
  if (username || password) expected('a URL without a credential: `headers` may have one', 'one with it');
  if (!/^https?:$/.test(protocol)) expected('a URL that begins with http: or https:', protocol);
  return href;
}

/** Parsed once: there may be millions. */
function parsed(url: string): URL {
  try {
    return new URL(url);
  } catch {
    // What may hold a secret is not shown.
    return expected('an absolute URL', /[?@#]/.test(url) ? {} : url);
  }
}

function plainHeaders(headers: HeadersInit): Record<string, string> {
  try {
    return Object.fromEntries(new Headers(headers));
  } catch {
    return expected('`headers` to be names and values that HTTP allows', headers);
  }
}

function copyOf(data: unknown): unknown {
  try {
    return JSON.parse(JSON.stringify(data));
  } catch {
    return expected('`data` to be something that JSON can hold', data);
  }
}
