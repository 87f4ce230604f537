-- The buckets in which there are sessions.
return redis.call('ZRANGE', due_key, 0, -1)
