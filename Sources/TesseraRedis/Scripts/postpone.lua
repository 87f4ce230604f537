-- Has a message be due later, if it is still there.
--
-- ARGV: id, the moment
return redis.call('ZADD', outbox_key, 'XX', ARGV[2], ARGV[1])
