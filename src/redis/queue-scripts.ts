import { QUEUE_BASE, QUEUE_KIND } from './queue-base-script.ts';
import { Script } from './script.ts';

// The last key of those who put, lease and settle is the last answer to this one: a connection may break before it comes.

/**
 * Arguments: the channel of the one who puts, how long it is remembered that it waits, a number of the request that is
 * never used again, the most records, what happens to others, the records: of each its JSON, and in a queue that is not
 * plain its place and its text; without text it is unlike any other.
 * Reply: how many were taken, whether the queue is closed, how many there are.
 */
export const putRecords: Script = /* @__PURE__ */ new Script(
  QUEUE_BASE,
  QUEUE_KIND,
  `
local channel, patience, request, most, overflow = ARGV[3], ARGV[4], ARGV[5], tonumber(ARGV[6]), ARGV[7]
local id, taken = string.match(redis.call('GET', KEYS[9]) or '', '^(%d+) (%d+)$')
if id == request then return {tonumber(taken), 0, size()} end
if isClosed() then return {0, 1, size()} end
ensure()
local n, dropped, put, there = 0, 0, 0, size()
local function add(at)
  if isPlain then return redis.call('XADD', stream, '*', 'json', ARGV[at]) end
  local fields = {'json', ARGV[at], 'place', ARGV[at + 1]}
  if ARGV[at + 2] ~= '' then
    fields[5] = 'text'
    fields[6] = redis.sha1hex(ARGV[at + 2])
  end
  await(redis.call('XADD', stream, '*', unpack(fields)), fields)
end
local function repeated(at)
  local same = not isPlain and ARGV[at + 2] ~= '' and redis.call('HGET', unique, redis.sha1hex(ARGV[at + 2]))
  if not same then return false end
  if not redis.call('XRANGE', stream, same, same)[1] then
    -- Somebody has deleted it by other means.
    redis.call('ZREM', order, member(same))
    drop(same)
    return false
  end
  redis.call('HINCRBY', repeats, same, 1)
  if isByCount then redis.call('ZINCRBY', order, -1, member(same)) end
  return true
end
local step = isPlain and 1 or 3
for i = 8, #ARGV, step do
  if not repeated(i) then
    local isFull = there >= most
    if isFull and (overflow == 'wait' or overflow == 'fail') then break end
    if isFull then dropped = dropped + 1 end
    if not isFull or overflow == 'dropOldest' then
      -- A plain queue drops the oldest of the others; another one what is last in line, also this one.
      if isPlain and isFull then dropOldest() end
      add(i)
      if not isPlain and isFull then dropOldest() end
      if not isFull then there = there + 1 end
      put = put + 1
    end
  end
  n = n + 1
end
redis.call('HSET', state, 'v', 1, 'kind', kind)
if dropped > 0 then redis.call('HINCRBY', state, 'dropped', dropped) end
if n > 0 then redis.call('HINCRBY', state, 'total', n) end
redis.call('SET', KEYS[9], request .. ' ' .. n, 'PX', 600000)
if put > 0 then call(takers, put, 'records') end
if n < (#ARGV - 7) / step and overflow == 'wait' then
  redis.call('ZADD', putters, now + patience, channel)
  redis.call('PEXPIRE', putters, patience)
end
return {n, 0, there}`,
);

/**
 * Arguments: the channel of the one who takes, how long it is remembered that it waits, a number of the request that is
 * never used again, then for each record the token of its lease and how long that holds.
 * Reply: whether nothing will come any more, milliseconds until a lease may end, and for each record its id, its JSON and
 * how often it was put.
 */
export const leaseRecords: Script = /* @__PURE__ */ new Script(
  QUEUE_BASE,
  QUEUE_KIND,
  `
local channel, patience, request = ARGV[3], ARGV[4], ARGV[5]
local reply = {0, 0}
local count = (#ARGV - 5) / 2
local got = 0
local answer = request
local function tell(entry)
  got = got + 1
  answer = answer .. ' ' .. entry[1]
  reply[#reply + 1] = entry[1]
  reply[#reply + 1] = entry[2][2]
  reply[#reply + 1] = isPlain and 1 or countOf(entry[1])
end
local last = redis.call('GET', KEYS[9]) or ''
local number = string.match(last, '^%d+')
-- It was given up, and comes late.
if number and tonumber(number) > tonumber(request) then return {0, untilEnd()} end
if number == request then
  for id in string.gmatch(string.sub(last, #request + 1), '%S+') do
    local entry = redis.call('XRANGE', stream, id, id)[1]
    if not entry then break end
    tell(entry)
  end
  reply[2] = untilEnd()
  return reply
end
if redis.call('EXISTS', stream) == 1 then
  ensure()
  for i = 6, #ARGV, 2 do
    local entry = lend(ARGV[i], now + ARGV[i + 1])
    if not entry then break end
    tell(entry)
  end
end
redis.call('SET', KEYS[9], answer, 'PX', 60000)
if got > 0 then
  redis.call('HSET', state, 'v', 1)
  call(putters, got, 'room')
end
if got < count then
  if isClosed() and redis.call('XLEN', stream) == 0 then
    reply[1] = 1
  else
    redis.call('ZADD', takers, now + patience, channel)
    redis.call('PEXPIRE', takers, patience)
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
  QUEUE_BASE,
  QUEUE_KIND,
  `
local reply = {}
local request, answers = string.match(redis.call('GET', KEYS[9]) or '', '^(%d+) ([01]+)$')
if request == ARGV[3] then return {answers} end
local released, acked = 0, 0
for i = 4, #ARGV, 3 do
  local what, id, token = ARGV[i], ARGV[i + 1], ARGV[i + 2]
  local isHeld = redis.call('HGET', state, 'of:' .. id) == token
  if isHeld then
    if what == 'ack' then
      redis.call('HDEL', state, 'of:' .. id)
      redis.call('ZREM', leases, id)
      drop(id)
      acked = acked + 1
    else
      giveBack(id)
      released = released + 1
    end
  end
  reply[#reply + 1] = isHeld and 1 or 0
end
answers = table.concat(reply)
redis.call('SET', KEYS[9], ARGV[3] .. ' ' .. answers, 'PX', 600000)
if released > 0 then call(takers, released, 'records') end
if acked > 0 and isClosed() and redis.call('XLEN', stream) == 0 then call(takers, 0, 'end') end
return {answers}`,
);

/** Reply: how many records wait, how many were dropped, how many are leased, how many were ever put. */
export const readQueue: Script = /* @__PURE__ */ new Script(
  QUEUE_BASE,
  QUEUE_KIND,
  `
local waiting = size()
local counts = redis.call('HMGET', state, 'dropped', 'total')
return {waiting, tonumber(counts[1]) or 0, redis.call('XLEN', stream) - waiting, tonumber(counts[2]) or 0}`,
);

export const clearQueue: Script = /* @__PURE__ */ new Script(
  QUEUE_BASE,
  `
redis.call('DEL', state, stream, leases, order, unique, repeats)
call(putters, 0, 'room')
call(takers, 0, 'records')
return {0}`,
);

export const closeQueue: Script = /* @__PURE__ */ new Script(
  QUEUE_BASE,
  QUEUE_KIND,
  `
redis.call('HSET', state, 'v', 1, 'closed', 1)
call(takers, 0, 'end')
call(putters, 0, 'end')
return {0}`,
);
