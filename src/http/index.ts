export { backoff, sleep } from './backoff.ts';
export { expectBody } from './body.ts';
export { Connection, checkCall } from './connection.ts';
export type { Auth, AuthContext } from './credentials.ts';
export type { BodyReader } from './later/body-reader.ts';
export type {
  AttemptContext,
  CallOptions,
  ConnectionOptions,
  Fetch,
  Hooks,
  Logger,
  QueryValue,
  RequestOptions,
  RetryOptions,
} from './options.ts';
export { type Path, path, type Segment } from './path.ts';
export { isTransient, retryDelay, retryOptions } from './retry-policy.ts';
export { isBrowser } from './runtime.ts';
export { Scope } from './scope.ts';
