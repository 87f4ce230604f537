-- Sessions that may have reached their limits.
--
-- ARGV: the moment, how many buckets of owners are looked at, then buckets; without any, those that are due
-- Answers: for each session: sid, user, packed, last use. And the number of buckets that were looked at.

-- Where its slot is moving to here, the sessions may still be on their way: what is missing is not gone.
if not is_settled() then return UNSETTLED end

local now = tonumber(ARGV[1])
local buckets = { unpack(ARGV, 3) }
if #buckets == 0 then
  buckets = redis.call('ZRANGEBYSCORE', due_key, '-inf', ARGV[1], 'LIMIT', 0, ARGV[2])
end
local found = {}
for _, bucket in ipairs(buckets) do
  local key = shard .. ':owner:' .. bucket
  local earliest
  local entries = redis.call('HGETALL', key)
  for index = 1, #entries, 2 do
    local sid = entries[index]
    local due, user = split_owner(entries[index + 1])
    local packed = read_session(user, sid)
    if not packed then
      redis.call('HDEL', key, sid)
    else
      if tonumber(due) <= now then
        table.insert(found, { sid, user, packed, redis.call('HGET', user_key(user), 't:' .. sid) })
      end
      if not earliest or tonumber(due) < tonumber(earliest) then earliest = due end
    end
  end
  -- So that a bucket is not looked at again for what is gone.
  if earliest then redis.call('ZADD', due_key, earliest, bucket) else redis.call('ZREM', due_key, bucket) end
end
return { found, #buckets }
