-- Drops what no longer matters: entries of the blocklist, then epochs that were raised long ago, a bounded number of
-- each.
--
-- ARGV: now, the moment before which an epoch was raised to be forgotten, the moment to look at a user again who still
--       has sessions or an entry, how many of each
-- Answers: how many entries, and how many users were looked at.

if not is_settled() then return UNSETTLED end

local entries = trim(ARGV[1], ARGV[4])
local users = redis.call('ZRANGEBYSCORE', raised_key, '-inf', ARGV[2], 'LIMIT', 0, ARGV[4])
for _, user in ipairs(users) do
  local key = user_key(user)
  local has_sessions = redis.call('HLEN', key) > redis.call('HEXISTS', key, 'epoch')
    + redis.call('HEXISTS', key, 'raised_at')
  if has_sessions or redis.call('HEXISTS', facts_key, 'u' .. user) == 1 then
    redis.call('ZADD', raised_key, ARGV[3], user)
  else
    redis.call('DEL', key)
    redis.call('ZREM', raised_key, user)
  end
end
return { entries, #users }
