import { expected } from '../errors/index.ts';
import { basic as header } from '../http/credentials.ts';
import type { Sign } from './options.ts';

/** Signs requests with a user and a password, in UTF-8 (RFC 7617). */
export function basic(user: string, password: string): Sign {
  if (typeof user !== 'string' || user.includes(':')) expected('`user` to be text without a colon', user && {});
  if (typeof password !== 'string') expected('`password` to be text', password && {});
  const value = header(user, password);
  return (request) => {
    request.headers.set('authorization', value);
    return request;
  };
}
