import { Script } from './script.ts';

/**
 * Everything about a quota, in one go: counts what was delivered, takes back what was not needed, and gives more.
 *
 * Keys: state, holders by the time at which they count as dead, what each of them holds, the last answer to this one.
 * Arguments: the holder; a number of the request that is never used again; the limit; how long a holder lives without a
 * sign of life; how many records were delivered, are given back, are needed; how many more are welcome; the channel.
 *
 * Reply: how many were given, how many are left, milliseconds until a holder may be dead.
 */
export const quotaScript: Script = /* @__PURE__ */ new Script(`
local state, holders, held, answer = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
local me, request, channel = ARGV[1], ARGV[2], ARGV[9]
local limit, ttl, delivered, returned, needed, welcome =
  tonumber(ARGV[3]), tonumber(ARGV[4]), tonumber(ARGV[5]), tonumber(ARGV[6]), tonumber(ARGV[7]), tonumber(ARGV[8])
local known = redis.call('HMGET', state, 'limit', 'delivered', 'held')
if known[1] and tonumber(known[1]) ~= limit then return {'!limit', known[1]} end
local done, all = tonumber(known[2]) or 0, tonumber(known[3]) or 0
local before = all
local back = returned
for _, gone in ipairs(redis.call('ZRANGEBYSCORE', holders, '-inf', now)) do
  local n = tonumber(redis.call('HGET', held, gone)) or 0
  all = all - n
  back = back + n
  redis.call('HDEL', held, gone)
  redis.call('ZREM', holders, gone)
end
local granted = 0
local last = redis.call('GET', answer)
local id, given = string.match(last or '', '^(%d+) (%d+)$')
if id == request then
  granted = tonumber(given)
  back = 0
else
  local mine = tonumber(redis.call('HGET', held, me)) or 0
  local rest = math.max(0, mine - delivered - returned)
  done = done + delivered
  local free = math.max(0, limit - done - all + mine - rest)
  granted = math.min(free, needed)
  -- Nobody takes much of the little that is left.
  granted = granted + math.min(welcome, math.floor((free - granted) / 16))
  all = all - mine + rest + granted
  if rest + granted > 0 then
    redis.call('HSET', held, me, rest + granted)
  elseif mine > 0 then
    redis.call('HDEL', held, me)
    redis.call('ZREM', holders, me)
  end
  if delivered + returned + granted > 0 or not known[1] or all ~= before then
    -- For ten minutes: whoever asks again does so within seconds.
    redis.call('HSET', state, 'v', 1, 'limit', limit, 'delivered', done, 'held', all)
    redis.call('SET', answer, request .. ' ' .. granted, 'PX', 600000)
  end
end
if redis.call('HEXISTS', held, me) == 1 then redis.call('ZADD', holders, now + ttl, me) end
redis.call('PEXPIRE', holders, ttl * 2)
if done >= limit and delivered > 0 then
  redis.call('PUBLISH', channel, 'spent')
elseif back > 0 and done + all < limit then
  redis.call('PUBLISH', channel, 'back')
end
local soonest = redis.call('ZRANGE', holders, 0, 0, 'WITHSCORES')
return {granted, math.max(0, limit - done), soonest[2] and math.ceil(soonest[2] - now) or 0}
`);
