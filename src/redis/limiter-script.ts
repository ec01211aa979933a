import { Script } from './script.ts';

/**
 * Everything about one key of a limiter, in one go: gives leases back, renews those that are held, pauses the key, and
 * grants what is asked for.
 *
 * Whoever gets less than it wants is put into a line, and leaves a place free for each one before it; those who stopped
 * asking drop out of the line. Who is first in it is told when there may be room.
 *
 * Keys: state, leases, line, alive. Arguments: the channel of the one who asks; the most leases (-1 without a limit); the
 * milliseconds from one request to the next, and how far ahead of its time one may be; how long a lease holds; how long a
 * pause is to last; how long a place in the line is kept; how many wait; how many ids follow, of leases to give back, to
 * renew, to get; the ids.
 *
 * Reply: how many were granted, milliseconds until asking again makes sense, how many leases there are.
 */
export const limiterScript: Script = /* @__PURE__ */ new Script(`
local state, leases, line, alive = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
local me, key = ARGV[1], ARGV[2]
local limit, gap, tolerance, ttl, pause, patience, waiting =
  tonumber(ARGV[3]), tonumber(ARGV[4]), tonumber(ARGV[5]), tonumber(ARGV[6]), tonumber(ARGV[7]), tonumber(ARGV[8]), tonumber(ARGV[9])
local released, renewed, wanted = tonumber(ARGV[10]), tonumber(ARGV[11]), tonumber(ARGV[12])
local at = 12
for i = 1, released do redis.call('ZREM', leases, ARGV[at + i]) end
at = at + released
for i = 1, renewed do redis.call('ZADD', leases, now + ttl, ARGV[at + i]) end
at = at + renewed
local freed = released + redis.call('ZREMRANGEBYSCORE', leases, '-inf', now)
for _, gone in ipairs(redis.call('ZRANGEBYSCORE', alive, '-inf', now)) do
  redis.call('ZREM', alive, gone)
  freed = freed + redis.call('ZREM', line, gone)
end
local known = redis.call('HMGET', state, 'turn', 'paused')
local turn, paused = tonumber(known[1]) or 0, tonumber(known[2]) or 0
if pause > 0 and now + pause > paused then
  paused = now + pause
  redis.call('HSET', state, 'v', 1, 'paused', string.format('%.0f', paused))
end
local used = redis.call('ZCARD', leases)
local granted = 0
-- The same was asked before, by a connection that broke.
while granted < wanted and redis.call('ZSCORE', leases, ARGV[at + granted + 1]) do granted = granted + 1 end
local size = redis.call('ZCARD', line)
local rank = redis.call('ZRANK', line, me)
local ahead = rank or size
local behind = rank and size - rank - 1 or 0
local room = wanted
if limit >= 0 then
  room = limit - used - ahead
  if room > 0 then room = math.ceil(room / (behind + 1)) end
end
local had = granted
if paused <= now then
  while granted < wanted and room > 0 do
    if gap > 0 then
      local due = ahead > 0 and math.max(turn, now) + ahead * gap or turn
      if due - tolerance > now then break end
      turn = math.max(turn, now) + gap
    end
    granted = granted + 1
    room = room - 1
    if limit >= 0 then
      redis.call('ZADD', leases, now + ttl, ARGV[at + granted])
      used = used + 1
    end
  end
end
if gap > 0 and granted > had then redis.call('HSET', state, 'v', 1, 'turn', string.format('%.3f', turn)) end
local wait = 0
if waiting > granted then
  -- Who got something goes to the end of the line.
  if granted > had or not rank then redis.call('ZADD', line, now, me) end
  redis.call('ZADD', alive, now + patience, me)
  wait = math.max(paused - now, gap > 0 and turn - tolerance - now or 0)
  if limit >= 0 and used >= limit then
    local soonest = redis.call('ZRANGE', leases, 0, 0, 'WITHSCORES')
    wait = math.max(wait, soonest[2] - now)
  elseif wait <= 0 then
    wait = patience
  end
elseif rank then
  redis.call('ZREM', line, me)
  freed = freed + redis.call('ZREM', alive, me)
end
local first = freed + granted > 0 and redis.call('ZRANGE', line, 0, 0)[1]
if first and first ~= me and (limit < 0 or used < limit) then redis.call('PUBLISH', first, key) end
local keep = math.ceil(math.max(ttl, patience, paused - now, turn - now + tolerance)) + 1000
for i = 1, 4 do redis.call('PEXPIRE', KEYS[i], keep) end
return {granted, math.ceil(math.max(wait, 1)), used}
`);
