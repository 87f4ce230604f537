-- The buckets in which there are sessions.

if not is_settled() then return UNSETTLED end

return redis.call('ZRANGE', due_key, 0, -1)
