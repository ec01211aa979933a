import type { Answer } from './answer.ts';
import type { Refusal } from './refusal.ts';

/** The services behind the two hosts; each has its own style. */
export type Backend = 'jobq' | 'data' | 'dash';

const titles: Readonly<Record<number, string>> = {
  400: 'Bad Request',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not Found',
  405: 'Method Not Allowed',
  413: 'Request Entity Too Large',
  501: 'Not Implemented',
};

/** A refusal as the backend that was asked writes it. */
export function refusalAnswer(refusal: Refusal, backend: Backend): Answer {
  const { status, message } = refusal;
  const challenge: Record<string, string> = status === 401 ? { 'www-authenticate': 'Basic realm="apikey"' } : {};
  if (backend === 'jobq') {
    const error = titles[status] ?? message;
    const body = JSON.stringify({ error, message }, undefined, 2);
    return { status, headers: { ...challenge, 'content-type': 'application/json' }, body };
  }
  if (backend === 'dash') {
    const body = JSON.stringify({ status: 'error', message });
    return { status, headers: { ...challenge, 'content-type': 'application/json' }, body };
  }
  // The data service names no content type where it only repeats the status.
  const isTitle = message === titles[status];
  return { status, headers: isTitle ? {} : { 'content-type': 'text/plain; charset=UTF-8' }, body: `${message}\n` };
}
