-- Remembers that a provider has ended what it calls by a name, and answers with the sessions that were begun from it, and
-- their users, one after the other.
--
-- ARGV: name, subject or '', ends up to, refuses up to, remembered until, now

local key = KEYS[1] .. ':provider:' .. ARGV[1]
local now = tonumber(ARGV[6])

local up_to, remembered = ARGV[4], ARGV[5]
local ended = redis.call('HGET', key, 'ended')
if ended then
  local old_expires, old_up_to = string.match(ended, '^(%S+) (%S+)$')
  if tonumber(old_expires) > tonumber(remembered) then remembered = old_expires end
  if tonumber(old_up_to) > tonumber(up_to) then up_to = old_up_to end
end
redis.call('HSET', key, 'ended', remembered .. ' ' .. up_to)
if redis.call('PEXPIREAT', key, remembered, 'GT') == 0 and redis.call('PTTL', key) == -1 then
  redis.call('PEXPIREAT', key, remembered)
end

local found = {}
local fields = redis.call('HGETALL', key)
for index = 1, #fields, 2 do
  if fields[index] ~= 'ended' then
    local expires, issued, subject, user = string.match(fields[index + 1], '^(%S+) (%S+) (%S+) (.*)$')
    if tonumber(expires) > now and tonumber(issued) <= tonumber(ARGV[3]) and (ARGV[2] == '' or ARGV[2] == subject) then
      found[#found + 1] = fields[index]
      found[#found + 1] = user
    end
  end
end
return found
