-- Forgets what was counted.
--
-- ARGV: digests
return redis.call('ZREM', paid_key, unpack(ARGV))
