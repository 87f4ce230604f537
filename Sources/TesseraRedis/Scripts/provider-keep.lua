-- Keeps under one name of a provider's that a session is about to begin from it. Answers 0 where the provider has ended
-- that, and nothing is kept then.
--
-- ARGV: name, sid, user, subject, issued, expires, now, the most sessions of one name
--
-- The hash has a field for every session, `<expires> <issued> <subject> <user>`, and `ended`, `<expires> <up to>`.

local key = KEYS[1] .. ':provider:' .. ARGV[1]
local now = tonumber(ARGV[7])

local ended = redis.call('HGET', key, 'ended')
if ended then
  local expires, up_to = string.match(ended, '^(%S+) (%S+)$')
  if tonumber(expires) > now and tonumber(ARGV[5]) <= tonumber(up_to) then return 0 end
end

-- Full: what has expired goes, or else what expires first, which is the oldest.
if redis.call('HLEN', key) >= tonumber(ARGV[8]) then
  local fields = redis.call('HGETALL', key)
  local first, first_expires
  for index = 1, #fields, 2 do
    local expires = tonumber(string.match(fields[index + 1], '^(%S+)'))
    if fields[index] ~= 'ended' then
      if expires <= now then
        redis.call('HDEL', key, fields[index])
      elseif not first or expires < first_expires then
        first, first_expires = fields[index], expires
      end
    end
  end
  if first and redis.call('HLEN', key) >= tonumber(ARGV[8]) then redis.call('HDEL', key, first) end
end

redis.call('HSET', key, ARGV[2], table.concat({ ARGV[6], ARGV[5], ARGV[4], ARGV[3] }, ' '))
if redis.call('PEXPIREAT', key, ARGV[6], 'GT') == 0 and redis.call('PTTL', key) == -1 then
  redis.call('PEXPIREAT', key, ARGV[6])
end
return 1
