// The one question to Redis, as a script: it runs there as a whole, so no two instances are
// promised the same money, and costs one round trip.

/**
 * KEYS: the roster, then a hash for each budget. ARGV: instance, now, how many instances there are,
 * version, whether limits are asked for; then own total, limit and end for each budget.
 *
 * A hash has a field for each instance: total, version and end. An instance writes its own field
 * only, always the whole total, so a question that got lost or came late does no harm; one with an
 * older version than the field has is no news.
 */
export const totalsScript = `
local instance, now, instances, version = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3]), ARGV[4]
local asks = ARGV[5] == '1'
if asks then
  if redis.call('HEXISTS', KEYS[1], instance) == 0 then return {'unknown', 0, '0'} end
  if redis.call('HLEN', KEYS[1]) < instances then return {'missing', 0, '0'} end
end
local function parts(text)
  local total, at, ends = string.match(text, '^(%d+) (%d+) (%d+)$')
  return tonumber(total), tonumber(at), tonumber(ends)
end
for i = 2, #KEYS do
  local own, limit = tonumber(ARGV[i * 3]), tonumber(ARGV[i * 3 + 1])
  if asks then
    local others, before = 0, 0
    local fields = redis.call('HGETALL', KEYS[i])
    for f = 1, #fields, 2 do
      local total, _, ends = parts(fields[f + 1])
      if ends > now then
        if fields[f] == instance then before = total else others = others + total end
      end
    end
    if own > before and own + others > limit then
      return {'over', i - 2, string.format('%.0f', math.max(0, limit - others - before))}
    end
  end
end
for i = 2, #KEYS do
  local own, ends = ARGV[i * 3], ARGV[i * 3 + 2]
  local field = redis.call('HGET', KEYS[i], instance)
  local at = -1
  if field then local _, seen = parts(field); at = seen end
  if tonumber(version) > at then
    redis.call('HSET', KEYS[i], instance, own .. ' ' .. version .. ' ' .. ends)
    local keep = redis.call('PEXPIRETIME', KEYS[i])
    if tonumber(ends) + 86400000 > keep then redis.call('PEXPIREAT', KEYS[i], tonumber(ends) + 86400000) end
  end
end
return {'fits', 0, '0'}
`;

/** KEYS: the roster. ARGV: instance, now. It has told all that it spent. */
export const joinScript = `return {redis.call('HSET', KEYS[1], ARGV[1], ARGV[2])}`;
