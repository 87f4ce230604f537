-- Removes messages that have arrived, or are given up.
--
-- ARGV: ids
redis.call('ZREM', outbox_key, unpack(ARGV))
return redis.call('HDEL', messages_key, unpack(ARGV))
