import { checkDuration, checkInteger } from '../errors/index.ts';
import type { FetchInit } from './fetch-init.ts';

/** Refuses times and sizes that cannot work. */
export function checkTimes({
  deadline,
  idleTimeout,
  maxBodyBytes,
  maxRedirects,
  timeout,
}: Pick<FetchInit, 'deadline' | 'idleTimeout' | 'maxBodyBytes' | 'maxRedirects' | 'timeout'>): void {
  checkDuration('timeout', timeout);
  checkDuration('idleTimeout', idleTimeout);
  checkDuration('deadline', deadline);
  if (maxBodyBytes !== Number.POSITIVE_INFINITY) checkInteger('maxBodyBytes', maxBodyBytes, 0);
  checkInteger('maxRedirects', maxRedirects, 0);
}
