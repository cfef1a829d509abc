// What Redis does in one step. Keys that a script finds by itself are of the same slot: all keys of
// a cache have one prefix in braces.

/**
 * Keys: the entry. Arguments: its id, when it ends, the key of its scope's vectors or nothing, its
 * vector or nothing, then its fields and values. What it has learned stays with it.
 */
export const putScript = `
local id, untilMs, set, vector = ARGV[1], ARGV[2], ARGV[3], ARGV[4]
local old = redis.call('HGET', KEYS[1], 'set')
if old and old ~= set then
  redis.call('VREM', old, id)
  redis.call('HDEL', KEYS[1], 'set')
end
redis.call('HSET', KEYS[1], unpack(ARGV, 5))
redis.call('PEXPIREAT', KEYS[1], untilMs)
if set ~= '' then
  redis.call('HSET', KEYS[1], 'set', set)
  redis.call('VADD', set, 'FP32', vector, id)
  redis.call('PEXPIREAT', set, untilMs, 'NX')
  redis.call('PEXPIREAT', set, untilMs, 'GT')
end
return 1
`;

/**
 * Keys: the vectors of a scope. Arguments: a vector, how many, what an entry's key begins with, its
 * fields. Of each: id, score, fields. What is gone of the entries goes of the vectors.
 */
export const nearScript = `
local found = redis.call('VSIM', KEYS[1], 'FP32', ARGV[1], 'WITHSCORES', 'COUNT', ARGV[2])
local near = {}
for i = 1, #found, 2 do
  local fields = redis.call('HMGET', ARGV[3] .. found[i], unpack(ARGV, 4))
  if fields[1] then
    near[#near + 1] = { found[i], found[i + 1], fields }
  else
    redis.call('VREM', KEYS[1], found[i])
  end
end
return near
`;

/**
 * Keys: an entry, what its owner learned. Arguments: the owner, an observation, how many bytes the
 * entry may have learned, how many the owner, for how long that is kept.
 */
export const observeScript = `
if redis.call('HGET', KEYS[1], 'owner') == ARGV[1] then
  local learned = (redis.call('HGET', KEYS[1], 'learned') or '') .. ARGV[2]
  redis.call('HSET', KEYS[1], 'learned', learned:sub(-ARGV[3]))
end
local learned = (redis.call('GET', KEYS[2]) or '') .. ARGV[2]
redis.call('SET', KEYS[2], learned:sub(-ARGV[4]), 'PX', ARGV[5])
return 1
`;

/** Keys: entries. Arguments: the owner, then the entries' ids. Which of them were there. */
export const deleteScript = `
local deleted = {}
for i, key in ipairs(KEYS) do
  if redis.call('HGET', key, 'owner') == ARGV[1] then
    local set = redis.call('HGET', key, 'set')
    if set then redis.call('VREM', set, ARGV[i + 1]) end
    redis.call('UNLINK', key)
    deleted[#deleted + 1] = ARGV[i + 1]
  end
end
return deleted
`;
