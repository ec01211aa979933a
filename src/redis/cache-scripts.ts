import { Script } from './script.ts';

/** Key: the state of the cache. Reply: which generation of entries counts, the server's time. */
export const readGeneration: Script = /* @__PURE__ */ new Script(`
return {tonumber(redis.call('HGET', KEYS[1], 'generation')) or 0, now}`);

/** Key: the state. Whatever was stored before is void. */
export const nextGeneration: Script = /* @__PURE__ */ new Script(`
redis.call('HSET', KEYS[1], 'v', 1)
return {redis.call('HINCRBY', KEYS[1], 'generation', 1)}`);

/**
 * Keys: the entry, who is fetching it. Arguments: who asks, how long others wait for one who says to be fetching it (0: he
 * does not say so). Reply: generation, head, id, number of pieces, the only piece, whether somebody else is fetching it.
 */
export const readEntry: Script = /* @__PURE__ */ new Script(`
local known = redis.call('HMGET', KEYS[1], 'generation', 'head', 'id', 'pieces', 'body')
if known[2] then return {tonumber(known[1]), known[2], known[3], tonumber(known[4]), known[5] or '', 0} end
local isAwaited = 0
if ARGV[2] ~= '0' and not redis.call('SET', KEYS[2], ARGV[1], 'NX', 'PX', ARGV[2]) then
  isAwaited = redis.call('GET', KEYS[2]) ~= ARGV[1] and 1 or 0
end
return {-1, '', '', 0, '', isAwaited}`);

/** Keys: the entry, the pieces. Arguments: the number of the piece, how long it is kept until all are there, the piece. */
export const addPiece: Script = /* @__PURE__ */ new Script(`
if redis.call('LLEN', KEYS[2]) == tonumber(ARGV[1]) then redis.call('RPUSH', KEYS[2], ARGV[3]) end
redis.call('PEXPIRE', KEYS[2], ARGV[2])
return {0}`);

/** Keys: the entry, the pieces. Arguments: from and to which piece. Reply: the pieces. */
export const readPieces: Script = /* @__PURE__ */ new Script(`
return redis.call('LRANGE', KEYS[2], ARGV[1], ARGV[2])`);

const KEEP = `
local function keep(key, milliseconds)
  if milliseconds == '0' then redis.call('PERSIST', key) else redis.call('PEXPIRE', key, milliseconds) end
end
`;

/**
 * Keys: the entry, who is fetching it, the pieces, the pieces of the entry before. Arguments: how long it is kept (0 for
 * ever), how long readers of the one before have, generation, head, id, number of pieces, the only piece.
 */
export const writeEntry: Script = /* @__PURE__ */ new Script(
  KEEP,
  `
redis.call('DEL', KEYS[1], KEYS[2])
redis.call('PEXPIRE', KEYS[4], ARGV[2])
redis.call('HSET', KEYS[1], 'v', 1, 'generation', ARGV[3], 'head', ARGV[4], 'id', ARGV[5], 'pieces', ARGV[6])
if ARGV[7] ~= '' then redis.call('HSET', KEYS[1], 'body', ARGV[7]) end
keep(KEYS[1], ARGV[1])
keep(KEYS[3], ARGV[1])
return {0}`,
);

/** Keys: the entry, the pieces. Arguments: how long it is kept, head, id. Reply: whether the entry is that one. */
export const writeHead: Script = /* @__PURE__ */ new Script(
  KEEP,
  `
if redis.call('HGET', KEYS[1], 'id') ~= ARGV[3] then return {0} end
redis.call('HSET', KEYS[1], 'head', ARGV[2])
keep(KEYS[1], ARGV[1])
keep(KEYS[2], ARGV[1])
return {1}`,
);

/** Keys: the entry, who is fetching it, the pieces. Arguments: how long readers have, who gives up fetching it. */
export const dropEntry: Script = /* @__PURE__ */ new Script(`
redis.call('DEL', KEYS[1])
redis.call('PEXPIRE', KEYS[3], ARGV[1])
if redis.call('GET', KEYS[2]) == ARGV[2] then redis.call('DEL', KEYS[2]) end
return {0}`);
