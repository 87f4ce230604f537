-- Takes messages that are due, those that have waited longest first, and hides them from other callers for a time.
--
-- ARGV: now, the moment until which they are hidden, how many at most
-- Answers: how many found the outbox full since this was last asked; then for each message: id, created, how often it
--          was claimed, body.

local claimed = { tonumber(redis.call('GETDEL', unsent_key) or '0') }
for _, id in ipairs(redis.call('ZRANGEBYSCORE', outbox_key, '-inf', ARGV[1], 'LIMIT', 0, ARGV[3])) do
  local message = redis.call('HGET', messages_key, id)
  if message then
    local created, attempts, body = string.match(message, '^(%d+) (%d+) (.*)$')
    attempts = tostring(tonumber(attempts) + 1)
    redis.call('HSET', messages_key, id, created .. ' ' .. attempts .. ' ' .. body)
    redis.call('ZADD', outbox_key, ARGV[2], id)
    table.insert(claimed, { id, created, attempts, body })
  else
    redis.call('ZREM', outbox_key, id)
  end
end
return claimed
