import { checkInteger, checkType, expected } from '../errors/index.ts';
import { Link } from './link.ts';
import { checkName } from './names.ts';
import type { RedisQueue, RedisQueueOptions } from './queue-options.ts';
import type { RedisClient } from './redis-commands.ts';
import { type QueueKind, SharedQueue } from './shared-queue.ts';

/** The longest record, in bytes. */
const MAX_RECORD_BYTES: number = 8 * 1024 * 1024;
const OVERFLOWS: readonly unknown[] = ['wait', 'dropOldest', 'dropNewest', 'fail'];

/**
 * A `RecordQueue` that any number of machines share: a stream of Redis with a consumer group. Records are JSON.
 * What a consumer had leased when it died is handed out again when its lease is over; `take` hands a record out once, and
 * a consumer that dies while it is taking one has not had it. Closed is closed for all machines, until it is cleared.
 * Its methods reject with a ConnectionError, a TimeoutError or a RedisError when Redis cannot be asked.
 *
 * @throws ConfigurationError for options that cannot work.
 * @example
 * const queue = redisQueue<Quote>(client, { key: 'quotes' });
 * for await (const quote of queue) console.log(quote);
 */
export function redisQueue<T>(client: RedisClient, options: RedisQueueOptions<T>): RedisQueue<T> {
  const { group = 'tideway', key, maxRecordBytes = MAX_RECORD_BYTES, maxSize = 10_000 } = options ?? {};
  const { overflow = 'wait', priority, unique } = options ?? {};
  checkName('key', key);
  checkName('group', group);
  checkInteger('maxSize', maxSize, 1);
  checkInteger('maxRecordBytes', maxRecordBytes, 1);
  if (!OVERFLOWS.includes(overflow)) expected(`\`overflow\` to be one of ${OVERFLOWS.join(', ')}`, overflow);
  checkType('unique', unique, 'function');
  if (priority !== 'count') checkType('priority', priority, 'function');
  else if (!unique) expected("`priority: 'count'` to come with `unique`", unique);
  const kind = kindOf(options);
  const settings = { group, kind, maxRecordBytes, maxSize, overflow, priority, unique };
  return new SharedQueue<T>(new Link(client, options), key, settings);
}

function kindOf<T>({ priority, unique }: RedisQueueOptions<T>): QueueKind {
  if (priority === 'count') return 'unique by count';
  if (priority) return unique ? 'unique by priority' : 'by priority';
  return unique ? 'unique' : 'plain';
}
