import { checkDuration, checkInteger, checkType, expected } from '../errors/index.ts';
import type { RunOptions, TideOptions } from './options.ts';

/** The address of a stream. What came is not shown: it may hold a credential. */
export function checkUrl(value: string | URL): URL {
  const url = URL.canParse(value) ? new URL(value) : undefined;
  if (url && /^https?:$/.test(url.protocol) && !url.username && !url.password) return url;
  expected('`url` to be an http(s) URL without a credential, which belongs in `sign`', value, true);
}

/** Checks the options of a tide. */
export function checkTide<T>(options: TideOptions<T>): void {
  const { body, framing, headers, maxRecordBytes, method = body === undefined ? 'GET' : 'POST', reconnect } = options;
  if (typeof framing?.open !== 'function') expected('`framing` to be one, such as jsonLines()', framing);
  for (const name of ['fetch', 'onReconnect', 'onState', 'sign'] as const) checkType(name, options[name], 'function');
  checkPart('counter', 'increment', options.counter);
  checkPart('queue', 'put', options.queue);
  for (const name of ['idleTimeout', 'stallTimeout', 'timeout'] as const) checkDuration(name, options[name]);
  checkInteger('maxRecordBytes', maxRecordBytes, 1);
  if ((body as unknown) instanceof ReadableStream) expected('`body` to be no stream', body);
  try {
    new Request('http://localhost', { method, headers, body: body === undefined ? body : '' });
  } catch {
    // The platform's own error shows what is in a header.
    expected('`method`, `headers` and `body` to make a request', 'what makes none');
  }
  if (typeof reconnect !== 'boolean') checkType('reconnect', reconnect, 'object');
  if (typeof reconnect === 'object') {
    for (const name of ['maxAttempts', 'window'] as const) {
      if (reconnect[name] !== Number.POSITIVE_INFINITY) checkInteger(`reconnect.${name}`, reconnect[name], 1);
    }
    for (const name of ['http', 'longest', 'network', 'rateLimit', 'resetAfter'] as const) {
      checkDuration(`reconnect.${name}`, reconnect[name]);
    }
    for (const name of ['id', 'resume'] as const) checkType(`reconnect.${name}`, reconnect[name], 'function');
  }
}

/** Checks the bounds of a run. */
export function checkRun(options: RunOptions): void {
  checkType('options', options, 'object');
  const { limit, maxBytes, maxDuration, maxRate, quota, signal } = options;
  checkInteger('limit', limit, 1);
  checkInteger('maxBytes', maxBytes, 1);
  checkDuration('maxDuration', maxDuration);
  if (maxRate !== undefined && !(typeof maxRate === 'number' && maxRate > 0)) {
    expected('`maxRate` to be above 0', maxRate);
  }
  checkPart('quota', 'reserve', quota);
  checkType('signal', signal, 'object');
}

/** A part that users may bring is known by one of its methods. */
function checkPart(option: string, method: string, part: object | undefined): void {
  checkType(option, part, 'object');
  if (part) checkType(`${option}.${method}`, part[method as never] ?? null, 'function');
}
