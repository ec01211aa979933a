import type { Answer } from './answer.ts';
import type { Fault } from './faults.ts';

const titles: Readonly<Record<number, string>> = {
  408: 'Request Time-out',
  429: 'Too Many Requests',
  500: 'Internal Server Error',
  502: 'Bad Gateway',
  503: 'Service Unavailable',
  504: 'Gateway Time-out',
};

const sentences: Readonly<Record<number, string>> = {
  503: 'No server is available to handle this request.',
  504: "The server didn't respond in time.",
};

/** The answer of a fault with a status: what the proxy in front of the servers says, unless the fault says more. */
export function faultAnswer(fault: Fault, status: number): Answer {
  const headers = { 'cache-control': 'no-cache', 'content-type': 'text/html' };
  const given = Object.fromEntries(
    Object.entries(fault.headers ?? {}).map(([name, value]) => [name.toLowerCase(), value]),
  );
  const title = titles[status] ?? 'Error';
  const sentence = sentences[status] ?? 'The request was not handled.';
  const page = `<html><body><h1>${status} ${title}</h1>\n${sentence}\n</body></html>\n`;
  const hasNoBody = status === 204 || status === 304;
  return { status, headers: { ...headers, ...given }, body: fault.body ?? (hasNoBody ? '' : page) };
}
