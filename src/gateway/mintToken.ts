import { checkType, expected } from '../errors/index.ts';
import { METHODS } from './methods.ts';
import { type Secret, signer } from './signature.ts';
import { MAX_TOKEN_LENGTH, readToken, signToken, type TokenClaims } from './token.ts';

/** Milliseconds. */
const DEFAULT_LIFE = 600_000;
/** A day, in milliseconds: a token cannot be called back, so that none lives long. */
const MAX_LIFE = 86_400_000;

/** What {@link mintToken} is told. */
export interface MintTokenOptions {
  /** At least 32 random bytes, the same that the gateway has: `openssl rand -base64 32`. */
  readonly secret: Secret;
  /** The ids of the projects that the token opens. */
  readonly projects: readonly number[];
  /** What it may be used for, in capitals. `GET` allows HEAD, too. @default ['GET'] */
  readonly methods?: readonly string[];
  /** How long it is good, in milliseconds, at most a day. @default 600_000 */
  readonly expiresIn?: number;
  /** The time, in milliseconds since the epoch. @default Date.now */
  readonly clock?: () => number;
}

/**
 * Makes a token for a page, on a server that knows who is signed in. Whoever has it may do so much until it expires, and
 * it cannot be called back: keep it short-lived and renew it.
 *
 * @throws ConfigurationError
 * @example
 * const token = await mintToken({ secret, projects: [123], methods: ['GET', 'POST'] });
 */
export async function mintToken(options: MintTokenOptions): Promise<string> {
  if (typeof options !== 'object' || options === null) expected('the options of a token to be an object', options);
  const { clock = Date.now, expiresIn = DEFAULT_LIFE, methods = ['GET'], projects, secret } = options;
  const key = signer(secret);
  checkType('clock', clock, 'function');
  if (!isListOf(projects, (id) => Number.isSafeInteger(id) && Number(id) > 0)) {
    expected('`projects` to be a list of integers from 1 and up', projects);
  }
  if (!isListOf(methods, (method) => METHODS.includes(method as string))) {
    expected(`\`methods\` to be a list of ${METHODS.join(', ')}`, methods);
  }
  if (!Number.isInteger(expiresIn) || expiresIn < 1 || expiresIn > MAX_LIFE) {
    expected(`\`expiresIn\` to be milliseconds from 1 to ${MAX_LIFE}`, expiresIn);
  }
  const claims = { projects: [...projects], methods: [...methods], expiresAt: clock() + expiresIn };
  const token = await signToken(claims, key);
  if (token.length > MAX_TOKEN_LENGTH) {
    expected(`\`projects\` to be few enough for a token of ${MAX_TOKEN_LENGTH} characters`, projects.length);
  }
  return token;
}

/** What {@link verifyToken} is told. */
export type VerifyTokenOptions = Pick<MintTokenOptions, 'secret' | 'clock'>;

/**
 * What a token allows, or undefined for one that is forged or expired: for servers that renew what they once gave.
 *
 * @throws ConfigurationError
 */
export async function verifyToken(token: string, options: VerifyTokenOptions): Promise<TokenClaims | undefined> {
  if (typeof options !== 'object' || options === null) expected('the options of a token to be an object', options);
  const { clock = Date.now, secret } = options;
  const key = signer(secret);
  checkType('clock', clock, 'function');
  return typeof token === 'string' ? readToken(token, key, clock()) : undefined;
}

function isListOf(list: unknown, isOne: (one: unknown) => boolean): boolean {
  return Array.isArray(list) && list.length > 0 && list.every(isOne);
}
