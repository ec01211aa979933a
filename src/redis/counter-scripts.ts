import { Script } from './script.ts';

// Keys: state, tides, and for increments what was answered last. The state has `count`, `total` and how often all tides
// were stopped; `tides` has those that run, by the time at which they count as dead.

const STAND = `
local state, tides = KEYS[1], KEYS[2]
redis.call('ZREMRANGEBYSCORE', tides, '-inf', now)
local function stand()
  local known = redis.call('HMGET', state, 'count', 'total', 'stops')
  return {redis.call('ZCARD', tides), tonumber(known[1]) or 0, tonumber(known[2]) or 0, tonumber(known[3]) or 0}
end
`;

/** Answers with the number of tides that run, the count, the total, and the number of stops; so do the others. */
export const readCounter: Script = /* @__PURE__ */ new Script(STAND, `return stand()`);

/** Arguments: the tide, and how long it lives without a sign of life. */
export const startTide: Script = /* @__PURE__ */ new Script(
  STAND,
  `
if redis.call('ZCARD', tides) == 0 then redis.call('HSET', state, 'v', 1, 'count', 0) end
redis.call('ZADD', tides, now + ARGV[2], ARGV[1])
redis.call('PEXPIRE', tides, ARGV[2] * 2)
return stand()`,
);

/** Arguments: how long they live, the number of stops when they began, and the tides. */
export const keepTides: Script = /* @__PURE__ */ new Script(
  STAND,
  `
if stand()[4] == tonumber(ARGV[2]) then
  for i = 3, #ARGV do redis.call('ZADD', tides, now + ARGV[1], ARGV[i]) end
  redis.call('PEXPIRE', tides, ARGV[1] * 2)
end
return stand()`,
);

/** Argument: the tide. */
export const endTide: Script = /* @__PURE__ */ new Script(
  STAND,
  `
redis.call('ZREM', tides, ARGV[1])
return stand()`,
);

/** Argument: the channel. */
export const stopTides: Script = /* @__PURE__ */ new Script(
  STAND,
  `
redis.call('DEL', tides)
redis.call('HSET', state, 'v', 1)
redis.call('PUBLISH', ARGV[1], redis.call('HINCRBY', state, 'stops', 1))
return stand()`,
);

/** Arguments: a number of the request that is never used again, how much, and how long the answer is remembered. */
export const incrementCounter: Script = /* @__PURE__ */ new Script(
  STAND,
  `
local last = redis.call('GET', KEYS[3])
if last then
  local id, count = string.match(last, '^(%d+) (%-?%d+)$')
  if id == ARGV[1] then return {tonumber(count)} end
end
redis.call('HSET', state, 'v', 1)
redis.call('HINCRBY', state, 'total', ARGV[2])
local count = redis.call('HINCRBY', state, 'count', ARGV[2])
redis.call('SET', KEYS[3], ARGV[1] .. ' ' .. count, 'PX', ARGV[3])
return {count}`,
);

export const clearCounter: Script = /* @__PURE__ */ new Script(
  STAND,
  `
redis.call('HSET', state, 'v', 1, 'count', 0, 'total', 0)
return stand()`,
);
