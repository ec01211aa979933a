import { Script } from './script.ts';

/** The parts of a frontier's name, in the order of the keys below. */
export const FRONTIER_PARTS: readonly string[] = [
  ...['state', 'seen', 'tasks', 'queue', 'ready', 'turns', 'leased'],
  ...['later', 'delayed', 'leases', 'holders', 'delays', 'full'],
];

/**
 * Keys: the state; the hashes of all fingerprints that were seen; the tasks that are not done, by their number; the tasks
 * that wait, by host, priority and number; the hosts of which one may be leased, by priority and turn; their turns; how
 * many of a host are leased; the hosts that rest, and the tasks that failed, by the time when that is over; the leases by
 * their ends; who had a task last; hosts with a delay of their own; hosts with as many leases as they may have; the last
 * answer to this one. The first argument is the delay.
 *
 * All that waits is in one set, ordered by its texts, and not in one for each host: no key is made up by a script.
 */
const BEGIN = `
local state, seen, tasks, queue, ready, turns, leased = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5], KEYS[6], KEYS[7]
local later, delayed, leases, holders, delays, full = KEYS[8], KEYS[9], KEYS[10], KEYS[11], KEYS[12], KEYS[13]
-- Numbers as text that has their order.
local function text(n)
  local digits = string.format('%.0f', n)
  return string.char(96 + #digits) .. digits
end
local function nextNumber() return text(redis.call('HINCRBY', state, 'numbers', 1)) end
local function delayOf(host) return math.max(tonumber(ARGV[1]), tonumber(redis.call('HGET', delays, host)) or 0) end
local function parse(record) return string.match(record, '^(%d+) (%S+) (%S+) (.*)$') end
local function leasedOf(host) return tonumber(redis.call('HGET', leased, host)) or 0 end
local function head(host)
  return redis.call('ZRANGEBYLEX', queue, '[' .. host .. ' ', '(' .. host .. '!', 'LIMIT', 0, 1)[1]
end
-- Puts a host in line, at the place of the task that is its next, if one may be leased.
local function line(host)
  if redis.call('ZSCORE', later, host) or redis.call('SISMEMBER', full, host) == 1 then return end
  if delayOf(host) > 0 and leasedOf(host) > 0 then return end
  local member = head(host)
  if not member then return end
  local priority = string.match(member, ' (%S+) %S+$')
  local turn = redis.call('HGET', turns, host)
  if turn then
    if string.match(turn, '^%S+') == priority then return end
    redis.call('ZREM', ready, turn)
  end
  turn = priority .. ' ' .. nextNumber() .. ' ' .. host
  redis.call('ZADD', ready, 0, turn)
  redis.call('HSET', turns, host, turn)
end
local function wait(number, record)
  local _, priority, host = parse(record)
  redis.call('ZADD', queue, 0, host .. ' ' .. priority .. ' ' .. number)
  return host
end
local function endLease(number, host)
  redis.call('ZREM', leases, number)
  if redis.call('HINCRBY', leased, host, -1) <= 0 then redis.call('HDEL', leased, host) end
  redis.call('SREM', full, host)
  local delay = delayOf(host)
  if delay > 0 then redis.call('ZADD', later, now + delay, host) else line(host) end
end
local function tick()
  for _, number in ipairs(redis.call('ZRANGEBYSCORE', leases, '-inf', now, 'LIMIT', 0, 1000)) do
    endLease(number, wait(number, redis.call('HGET', tasks, number)))
  end
  for _, number in ipairs(redis.call('ZRANGEBYSCORE', delayed, '-inf', now, 'LIMIT', 0, 1000)) do
    redis.call('ZREM', delayed, number)
    line(wait(number, redis.call('HGET', tasks, number)))
  end
  for _, host in ipairs(redis.call('ZRANGEBYSCORE', later, '-inf', now, 'LIMIT', 0, 1000)) do
    redis.call('ZREM', later, host)
    line(host)
  end
end
`;

/**
 * Arguments: how many fingerprints there may be, and for each task its fingerprint, host, priority and record.
 * Reply: how many were new, or -1 when there is no room for all, and how many there are.
 */
export const addTasks: Script = /* @__PURE__ */ new Script(
  BEGIN,
  `
local fresh, count = {}, 0
for i = 3, #ARGV, 4 do
  -- Eighty bits: among a hundred million URLs no two are likely to have the same.
  local hash = string.sub(redis.sha1hex(ARGV[i]), 1, 20)
  if not fresh[hash] and redis.call('SISMEMBER', seen, hash) == 0 then
    fresh[hash] = i
    count = count + 1
  end
end
local known = redis.call('SCARD', seen)
if known + count > tonumber(ARGV[2]) then return {-1, known} end
if count == 0 then return {0, known} end
redis.call('HSET', state, 'v', 1)
for i = 3, #ARGV, 4 do
  local hash = string.sub(redis.sha1hex(ARGV[i]), 1, 20)
  if fresh[hash] == i then
    redis.call('SADD', seen, hash)
    local number = nextNumber()
    local record = '0 ' .. ARGV[i + 2] .. ' ' .. ARGV[i + 1] .. ' ' .. ARGV[i + 3]
    redis.call('HSET', tasks, number, record)
    line(wait(number, record))
  end
end
return {count, known + count}`,
);

/**
 * Arguments: how many, for how long, how many of one host at once, a name of the request that is never used again.
 * Reply: in how many milliseconds there may be another task, or -1 when that is not known; then for each task its number,
 * how often it failed, its record.
 */
export const leaseTasks: Script = /* @__PURE__ */ new Script(
  BEGIN,
  `
tick()
local most, ttl, perHost, request = tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4]), ARGV[5]
local reply = {-1}
local function tell(number, record)
  local failures, _, _, json = parse(record)
  reply[#reply + 1] = number
  reply[#reply + 1] = failures
  reply[#reply + 1] = json
end
local last = redis.call('GET', KEYS[14])
if last and string.match(last, '^%S+') == request then
  -- The same was asked before, by a connection that broke.
  for number in string.gmatch(string.sub(last, #request + 1), '%S+') do
    if redis.call('HGET', holders, number) == request then tell(number, redis.call('HGET', tasks, number)) end
  end
  return reply
end
if redis.call('EXISTS', state) == 0 then return reply end
if tonumber(redis.call('HGET', state, 'perHost')) ~= perHost then
  redis.call('HSET', state, 'v', 1, 'perHost', perHost)
  for _, host in ipairs(redis.call('SMEMBERS', full)) do
    redis.call('SREM', full, host)
    line(host)
  end
end
local answer = request
while #reply < 1 + most * 3 do
  local turn = redis.call('ZRANGE', ready, 0, 0)[1]
  if not turn then break end
  local host = string.match(turn, '(%S+)$')
  redis.call('ZREM', ready, turn)
  redis.call('HDEL', turns, host)
  local member = head(host)
  if leasedOf(host) >= perHost then
    redis.call('SADD', full, host)
  elseif member then
    local number = string.match(member, '(%S+)$')
    redis.call('ZREM', queue, member)
    redis.call('ZADD', leases, now + ttl, number)
    redis.call('HSET', holders, number, request)
    redis.call('HINCRBY', leased, host, 1)
    tell(number, redis.call('HGET', tasks, number))
    answer = answer .. ' ' .. number
    line(host)
  end
end
if #reply > 1 then redis.call('SET', KEYS[14], answer, 'PX', 60000) end
if #reply < 1 + most * 3 then
  for _, times in ipairs({later, delayed, leases}) do
    local first = tonumber(redis.call('ZRANGE', times, 0, 0, 'WITHSCORES')[2])
    if first and (reply[1] < 0 or first - now < reply[1]) then reply[1] = math.max(0, math.ceil(first - now)) end
  end
end
return reply`,
);

/**
 * Arguments: a number of the request that is never used again, how often a task may fail, and for each lease what is to
 * be done (\`ack\`, \`fail\`, \`release\`, \`renew\`), the number of the task, its holder, and a time: until it is tried again,
 * or how long the lease holds. Reply: for each a digit, 1 where it was done and, of what failed, where it comes again.
 */
export const settleTasks: Script = /* @__PURE__ */ new Script(
  BEGIN,
  `
local request, digits = string.match(redis.call('GET', KEYS[14]) or '', '^(%d+) ([01]+)$')
if request == ARGV[2] then return {digits} end
tick()
local attempts = tonumber(ARGV[3])
local reply = {}
for i = 4, #ARGV, 4 do
  local what, number, time = ARGV[i], ARGV[i + 1], tonumber(ARGV[i + 3])
  local record = redis.call('HGET', tasks, number)
  local isLast = record and redis.call('HGET', holders, number) == ARGV[i + 2]
  local isHeld = isLast and redis.call('ZSCORE', leases, number)
  local digit = 0
  if isLast and (what == 'ack' or isHeld) then
    local failures, priority, host, json = parse(record)
    digit = 1
    if what == 'renew' then
      redis.call('ZADD', leases, now + time, number)
    elseif what == 'release' then
      wait(number, record)
      endLease(number, host)
    else
      redis.call('HDEL', tasks, number)
      redis.call('HDEL', holders, number)
      if what == 'fail' then
        failures = tonumber(failures) + 1
        if failures < attempts then
          number = nextNumber()
          record = string.format('%d', failures) .. ' ' .. priority .. ' ' .. host .. ' ' .. json
          redis.call('HSET', tasks, number, record)
          if time > 0 then redis.call('ZADD', delayed, now + time, number) else wait(number, record) end
        else
          digit = 0
        end
        endLease(ARGV[i + 1], host)
      elseif isHeld then
        endLease(number, host)
      else
        redis.call('ZREM', queue, host .. ' ' .. priority .. ' ' .. number)
      end
    end
  end
  reply[#reply + 1] = digit
end
digits = table.concat(reply)
redis.call('SET', KEYS[14], ARGV[2] .. ' ' .. digits, 'PX', 600000)
return {digits}`,
);

/** Arguments: a host, and its delay in milliseconds. */
export const setHostDelay: Script = /* @__PURE__ */ new Script(
  BEGIN,
  `
redis.call('HSET', state, 'v', 1)
if ARGV[3] == '0' then redis.call('HDEL', delays, ARGV[2]) else redis.call('HSET', delays, ARGV[2], ARGV[3]) end
return {0}`,
);

/** Reply: how many tasks are not done, and how many fingerprints were seen. */
export const readFrontier: Script = /* @__PURE__ */ new Script(`
return {redis.call('HLEN', KEYS[3]), redis.call('SCARD', KEYS[2])}`);

export const clearFrontier: Script = /* @__PURE__ */ new Script(`
redis.call('UNLINK', unpack(KEYS))
return {0}`);
