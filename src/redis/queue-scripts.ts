import { Script } from './script.ts';

/**
 * Keys: state, stream, leases by the time at which they end, those who wait for records and those who wait for room by
 * the time at which they count as gone, the last answer to this one. The first argument is the group.
 *
 * Records are entries of a stream with one consumer group; they are deleted when they are acknowledged, so that what is
 * in the stream either waits or is leased. `pending entries` of the group have what is leased, too; the ends of leases
 * are in a set of their own, where the next one to end is found at once.
 */
const BEGIN = `
local state, stream, leases, takers, putters = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5]
local group = ARGV[1]
local function size() return redis.call('XLEN', stream) - redis.call('ZCOUNT', leases, now + 1, '+inf') end
local function ensure()
  -- It fails where there is one.
  redis.pcall('XGROUP', 'CREATE', stream, group, '0', 'MKSTREAM')
end
local function isClosed() return redis.call('HGET', state, 'closed') == '1' end
-- Tells so many, those who have waited longest first; all with 0.
local function call(line, n, word)
  redis.call('ZREMRANGEBYSCORE', line, '-inf', now)
  for _, channel in ipairs(redis.call('ZRANGE', line, 0, n - 1)) do
    redis.call('ZREM', line, channel)
    redis.call('PUBLISH', channel, word)
  end
end
-- Lends the next record: first what was lent before and is free again, in the order of its putting.
local function lend(token, untilTime)
  local id = redis.call('ZRANGEBYSCORE', leases, '-inf', now, 'LIMIT', 0, 1)[1]
  local entry
  while id do
    redis.call('ZREM', leases, id)
    redis.call('HDEL', state, 'of:' .. id)
    entry = redis.call('XCLAIM', stream, group, 'tideway', 0, id)[1]
    if entry then break end
    -- Somebody has deleted it by other means.
    redis.call('XACK', stream, group, id)
    id = redis.call('ZRANGEBYSCORE', leases, '-inf', now, 'LIMIT', 0, 1)[1]
  end
  if not entry then
    local read = redis.call('XREADGROUP', 'GROUP', group, 'tideway', 'COUNT', 1, 'STREAMS', stream, '>')
    if not read then return nil end
    entry = read[1][2][1]
  end
  if token then
    redis.call('ZADD', leases, untilTime, entry[1])
    redis.call('HSET', state, 'of:' .. entry[1], token)
  end
  return entry
end
local function drop(id)
  redis.call('XACK', stream, group, id)
  redis.call('XDEL', stream, id)
end
local function untilEnd()
  local soonest = redis.call('ZRANGE', leases, 0, 0, 'WITHSCORES')
  return soonest[2] and math.max(1, math.ceil(math.min(soonest[2] - now, 86400000))) or 86400000
end
`;

/**
 * Arguments: the channel of the one who puts, how long it is remembered that it waits, a number of the request that is
 * never used again, the most records, what happens to others, whether to wait for room, the records.
 * Reply: how many were taken, whether the queue is closed, how many there are.
 */
export const putRecords: Script = /* @__PURE__ */ new Script(
  BEGIN,
  `
local channel, patience, request, most, overflow = ARGV[2], ARGV[3], ARGV[4], tonumber(ARGV[5]), ARGV[6]
local id, taken = string.match(redis.call('GET', KEYS[6]) or '', '^(%d+) (%d+)$')
if id == request then return {tonumber(taken), 0, size()} end
if isClosed() then return {0, 1, size()} end
ensure()
local n, dropped, put, there = 0, 0, 0, size()
for i = 7, #ARGV do
  if there >= most then
    if overflow == 'wait' or overflow == 'fail' then break end
    dropped = dropped + 1
    if overflow == 'dropOldest' then
      local oldest = lend()
      if oldest then
        drop(oldest[1])
        there = there - 1
      end
    end
  end
  if there < most then
    redis.call('XADD', stream, '*', 'json', ARGV[i])
    there = there + 1
    put = put + 1
  end
  n = n + 1
end
redis.call('HSET', state, 'v', 1)
if dropped > 0 then redis.call('HINCRBY', state, 'dropped', dropped) end
redis.call('SET', KEYS[6], request .. ' ' .. n, 'PX', 600000)
if put > 0 then call(takers, put, 'records') end
if n < #ARGV - 6 and overflow == 'wait' then
  redis.call('ZADD', putters, now + patience, channel)
  redis.call('PEXPIRE', putters, patience)
end
return {n, 0, there}`,
);

/**
 * Arguments: the channel of the one who takes, how long it is remembered that it waits, then for each
 * record the token of its lease and how long that holds.
 * Reply: whether nothing will come any more, milliseconds until a lease may end, and for each record its id and its JSON.
 */
export const leaseRecords: Script = /* @__PURE__ */ new Script(
  BEGIN,
  `
local reply = {0, 0}
local count = (#ARGV - 3) / 2
if redis.call('EXISTS', stream) == 1 then
  ensure()
  for i = 4, #ARGV, 2 do
    local entry = lend(ARGV[i], now + ARGV[i + 1])
    if not entry then break end
    reply[#reply + 1] = entry[1]
    reply[#reply + 1] = entry[2][2]
  end
end
local got = (#reply - 2) / 2
if got > 0 then
  redis.call('HSET', state, 'v', 1)
  call(putters, got, 'room')
end
if got < count then
  if isClosed() and redis.call('XLEN', stream) == 0 then
    reply[1] = 1
  else
    redis.call('ZADD', takers, now + ARGV[3], ARGV[2])
    redis.call('PEXPIRE', takers, ARGV[3])
  end
end
reply[2] = untilEnd()
return reply`,
);

/**
 * Arguments: a number of the request that is never used again, then for each lease what is to be done (`ack`, or
 * `release`), the id and the token. Reply: for each a digit, 1 where the lease was still held.
 */
export const settleRecords: Script = /* @__PURE__ */ new Script(
  BEGIN,
  `
local reply = {}
local request, answers = string.match(redis.call('GET', KEYS[6]) or '', '^(%d+) ([01]+)$')
if request == ARGV[2] then return {answers} end
local released, acked = 0, 0
for i = 3, #ARGV, 3 do
  local what, id, token = ARGV[i], ARGV[i + 1], ARGV[i + 2]
  local isHeld = redis.call('HGET', state, 'of:' .. id) == token
  if isHeld then
    redis.call('HDEL', state, 'of:' .. id)
    if what == 'ack' then
      redis.call('ZREM', leases, id)
      drop(id)
      acked = acked + 1
    else
      redis.call('ZADD', leases, 0, id)
      released = released + 1
    end
  end
  reply[#reply + 1] = isHeld and 1 or 0
end
answers = table.concat(reply)
redis.call('SET', KEYS[6], ARGV[2] .. ' ' .. answers, 'PX', 600000)
if released > 0 then call(takers, released, 'records') end
if acked > 0 and isClosed() and redis.call('XLEN', stream) == 0 then call(takers, 0, 'end') end
return {answers}`,
);

/** Reply: how many records wait, how many were dropped, how many are leased, whether the queue is closed. */
export const readQueue: Script = /* @__PURE__ */ new Script(
  BEGIN,
  `
local waiting = size()
return {waiting, tonumber(redis.call('HGET', state, 'dropped')) or 0, redis.call('XLEN', stream) - waiting, isClosed() and 1 or 0}`,
);

export const clearQueue: Script = /* @__PURE__ */ new Script(
  BEGIN,
  `
redis.call('DEL', state, stream, leases)
call(putters, 0, 'room')
call(takers, 0, 'records')
return {0}`,
);

export const closeQueue: Script = /* @__PURE__ */ new Script(
  BEGIN,
  `
redis.call('HSET', state, 'v', 1, 'closed', 1)
call(takers, 0, 'end')
call(putters, 0, 'end')
return {0}`,
);
