import { checkDuration, checkInteger, expected } from '../errors/index.ts';

/** What an option must be. */
type Kind = number | 'boolean' | 'function' | 'list' | 'retry' | 'signal' | 'size' | 'string' | 'time';

/**
 * What options must be, of a fetcher, of a request and of its tries: a name means the same in all of them. A number is
 * an integer from there up, `size` one from 0 up or infinity, `time` milliseconds, anything else a type.
 */
const KINDS: Readonly<Record<string, Kind>> = {
  attempts: 1,
  autoStart: 'boolean',
  backoff: 'time',
  blockPrivateNetworks: 'boolean',
  budget: 'size',
  concurrency: 1,
  deadline: 'time',
  fetch: 'function',
  idleTimeout: 'time',
  maxBodyBytes: 'size',
  maxQueueSize: 1,
  maxRedirects: 0,
  maxRetryAfter: 'time',
  maxTime: 'time',
  method: 'string',
  methods: 'list',
  retry: 'retry',
  secretHeaders: 'list',
  signal: 'signal',
  statuses: 'list',
  timeout: 'time',
};

/**
 * Refuses options that cannot work.
 *
 * @param what What they are, for the message about what is no object.
 * @param prefix What stands before each name in messages.
 */
export function checkOptions(options: object, what: string, prefix: string = ''): void {
  if (typeof options !== 'object' || options === null) expected(`${what} to be an object`, options);
  for (const key in options) {
    const kind = KINDS[key];
    const name = prefix + key;
    const value = options[key as never] as unknown;
    if (kind === undefined || value === undefined) continue;
    if (kind === 'time') checkDuration(name, value);
    else if (kind === 'retry') value === false || checkOptions(value as object, `\`${name}\``, `${name}.`);
    else if (kind === 'signal') {
      if (value && !('aborted' in Object(value))) expected(`\`${name}\` to be an AbortSignal`, value);
    } else if (kind === 'size') value === Number.POSITIVE_INFINITY || checkInteger(name, value, 0);
    else if (typeof kind === 'number') checkInteger(name, value, kind);
    else if (kind === 'list' ? !Array.isArray(value) : typeof value !== kind)
      expected(`\`${name}\` to be a ${kind}`, value);
  }
}
