import { hasCode, TidewayError } from '../errors/TidewayError.ts';

/** What the first words of a refusal mean, for those who can do something about it. */
const REASONS: Readonly<Record<string, string>> = {
  BUSY: 'it is busy with a script that does not end',
  CLUSTERDOWN: 'its cluster is down',
  CROSSSLOT: 'the keys of one script are on several nodes',
  LOADING: 'it is still loading its data',
  MASTERDOWN: 'the link of the replica to its master is down',
  MISCONF: 'it cannot save its data',
  NOAUTH: 'it wants a password',
  NOPERM: 'the user may not run the command',
  NOREPLICAS: 'it has too few replicas',
  OOM: 'its memory is full',
  READONLY: 'it is a replica, which cannot be written to',
  TRYAGAIN: 'keys are on their way to another node',
  WRONGPASS: 'the user or the password is wrong',
  WRONGTYPE: 'something else is stored under the key',
};
const KNOWN = new RegExp(`\\b(${Object.keys(REASONS).join('|')})\\b`);
/** Nothing was done, and it passes by itself. */
const PASSING: ReadonlySet<string> = new Set(['CLUSTERDOWN', 'LOADING', 'MASTERDOWN', 'TRYAGAIN']);

/** Redis is there and refuses a command: its memory is full, the password is wrong, something else is under the key. */
export class RedisError extends TidewayError {
  override get code(): string {
    return 'ERR_REDIS';
  }

  /** The first word of the refusal, such as `OOM` or `WRONGTYPE`. */
  readonly reply: string;

  constructor(reply: string) {
    // The rest of a refusal may show the arguments.
    super(`Redis refused a command: ${REASONS[reply] ?? 'it does not say more'} (${reply})`);
    this.reply = reply;
  }

  /** Whether it is the same as if nothing had been asked, and asking again helps. */
  get isPassing(): boolean {
    return PASSING.has(this.reply);
  }
}

/** Whether a value is a {@link RedisError}. */
export function isRedisError(error: unknown): error is RedisError {
  return hasCode(error, 'ERR_REDIS');
}

/** The first word of a refusal; undefined of what is no refusal but a connection that broke. */
export function refusalOf(error: unknown): string | undefined {
  const message = error instanceof Error ? error.message : String(error);
  // Old servers say first that a script failed. Names of what goes wrong with sockets are no refusals.
  return KNOWN.exec(message)?.[1] ?? /^-?(?!E[A-Z]{4})([A-Z]{2,})\b/.exec(message)?.[1];
}
