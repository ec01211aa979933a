/** The parts of a queue's name, in the order of the keys below. */
export const QUEUE_PARTS: readonly string[] = [
  ...['state', 'stream', 'leases', 'takers', 'putters'],
  ...['order', 'unique', 'repeats'],
];

/**
 * What all scripts of a queue begin with. Keys: state, stream, leases by the time at which they end, those who wait for
 * records and those who wait for room by the time at which they count as gone, what waits in its order, what waits by its
 * text, how often it was put again. The first arguments are the group and the kind of queue.
 *
 * Records are entries of a stream with one consumer group; they are deleted when they are acknowledged, so that what is
 * in the stream either waits or is leased. `pending entries` of the group have what is leased, too; the ends of leases
 * are in a set of their own, where the next one to end is found at once.
 *
 * A stream has one order only. Of a queue with another one, or with unique records, all that waits is in `order` too, by
 * its place and then by its id; its entry is claimed when it is lent.
 */
export const QUEUE_BASE: string = `
local state, stream, leases, takers, putters, order, unique, repeats =
  KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5], KEYS[6], KEYS[7], KEYS[8]
local group, kind = ARGV[1], ARGV[2]
local isPlain = kind == 'plain'
local isByCount = kind == 'unique by count'
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
local function drop(id)
  redis.call('XACK', stream, group, id)
  redis.call('XDEL', stream, id)
  if not isPlain then redis.call('HDEL', repeats, id) end
end
-- Ids as text that has their order, and back.
local function member(id)
  local ms, seq = string.match(id, '^(%d+)-(%d+)$')
  return string.format('%16s-%20s', ms, seq)
end
local function idOf(text) return (string.gsub(text, ' ', '')) end
local function countOf(id) return 1 + (tonumber(redis.call('HGET', repeats, id)) or 0) end
-- Fields of an entry: its JSON, its place, the hash of its text.
local function await(id, fields)
  local place, hash = fields[4], fields[6]
  if hash then
    local other = redis.call('HGET', unique, hash)
    if other then
      -- The same was put while this one was leased: it stays, and has been put so often more.
      redis.call('HINCRBY', repeats, id, countOf(other))
      redis.call('ZREM', order, member(other))
      drop(other)
    end
    redis.call('HSET', unique, hash, id)
  end
  redis.call('ZADD', order, isByCount and -countOf(id) or place, member(id))
end
-- Takes a record that was lent back into the line.
local function giveBack(id)
  redis.call('HDEL', state, 'of:' .. id)
  if isPlain then return redis.call('ZADD', leases, 0, id) end
  redis.call('ZREM', leases, id)
  local entry = redis.call('XRANGE', stream, id, id)[1]
  -- Somebody has deleted it by other means.
  if entry then await(id, entry[2]) else drop(id) end
end
local function giveBackWhatEnded()
  if isPlain then return end
  for _, id in ipairs(redis.call('ZRANGEBYSCORE', leases, '-inf', now, 'LIMIT', 0, 1000)) do giveBack(id) end
end
local function size()
  if isPlain then return redis.call('XLEN', stream) - redis.call('ZCOUNT', leases, now + 1, '+inf') end
  giveBackWhatEnded()
  return redis.call('ZCARD', order)
end
local function nextPlain()
  -- First what was lent before and is free again, in the order of its putting.
  local id = redis.call('ZRANGEBYSCORE', leases, '-inf', now, 'LIMIT', 0, 1)[1]
  while id do
    redis.call('ZREM', leases, id)
    redis.call('HDEL', state, 'of:' .. id)
    local entry = redis.call('XCLAIM', stream, group, 'tideway', 0, id)[1]
    if entry then return entry end
    -- Somebody has deleted it by other means.
    redis.call('XACK', stream, group, id)
    id = redis.call('ZRANGEBYSCORE', leases, '-inf', now, 'LIMIT', 0, 1)[1]
  end
  local read = redis.call('XREADGROUP', 'GROUP', group, 'tideway', 'COUNT', 1, 'STREAMS', stream, '>')
  return read and read[1][2][1]
end
-- Takes one out of the line.
local function claim(text)
  local id = idOf(text)
  redis.call('ZREM', order, text)
  local entry = redis.call('XCLAIM', stream, group, 'tideway', 0, id, 'FORCE')[1]
  if not entry then return drop(id) end
  local hash = entry[2][6]
  if hash and redis.call('HGET', unique, hash) == id then redis.call('HDEL', unique, hash) end
  return entry
end
local function nextOrdered()
  giveBackWhatEnded()
  for _ = 1, 1000 do
    local text = redis.call('ZRANGE', order, 0, 0)[1]
    local entry = text and claim(text)
    if entry or not text then return entry end
  end
end
-- Lends the next record.
local function lend(token, untilTime)
  local entry
  if isPlain then entry = nextPlain() else entry = nextOrdered() end
  if entry then
    redis.call('ZADD', leases, untilTime, entry[1])
    redis.call('HSET', state, 'of:' .. entry[1], token)
  end
  return entry
end
-- Drops the oldest of those at the end of the line.
local function dropOldest()
  local entry
  if isPlain then
    entry = nextPlain()
  else
    local last = redis.call('ZRANGE', order, -1, -1, 'WITHSCORES')
    local text = last[1] and redis.call('ZRANGEBYSCORE', order, last[2], last[2], 'LIMIT', 0, 1)[1]
    entry = text and claim(text)
  end
  if entry then drop(entry[1]) end
  return entry
end
local function untilEnd()
  local soonest = redis.call('ZRANGE', leases, 0, 0, 'WITHSCORES')
  return soonest[2] and math.max(1, math.ceil(math.min(soonest[2] - now, 86400000))) or 86400000
end
`;

/** Whoever takes it for another kind of queue would not find its records. */
export const QUEUE_KIND: string = `
local known = redis.call('HGET', state, 'kind')
if known and known ~= kind then return {'!kind', known} end
`;
