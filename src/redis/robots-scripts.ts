import { Script } from './script.ts';

/**
 * Keys: what is known, who asks for it. Arguments: who wants it, how long others wait for one who says to be asking.
 * Reply: whether it is known (1), is to be asked for (0), or somebody else is asking (2); the status and the text where
 * there are any, and for how many milliseconds it is good.
 */
export const readRobots: Script = /* @__PURE__ */ new Script(`
local known = redis.call('HMGET', KEYS[1], 'status', 'text')
if known[1] then return {1, known[1], known[2], redis.call('PTTL', KEYS[1])} end
if redis.call('SET', KEYS[2], ARGV[1], 'NX', 'PX', ARGV[2]) then return {0} end
return {redis.call('GET', KEYS[2]) == ARGV[1] and 0 or 2}`);

/** Keys: the same. Arguments: for how many milliseconds it is good, the status, and the text if there is one. */
export const writeRobots: Script = /* @__PURE__ */ new Script(`
redis.call('DEL', KEYS[1], KEYS[2])
redis.call('HSET', KEYS[1], 'v', 1, 'status', ARGV[2])
if ARGV[3] then redis.call('HSET', KEYS[1], 'text', ARGV[3]) end
redis.call('PEXPIRE', KEYS[1], ARGV[1])
return {0}`);

/** Keys: the same. Nobody asks for it. */
export const leaveRobots: Script = /* @__PURE__ */ new Script(`
redis.call('DEL', KEYS[2])
return {0}`);
