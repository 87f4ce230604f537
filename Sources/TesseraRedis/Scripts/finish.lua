-- Lasting events that were dealt with: they are handed out no more, and take no room.
--
-- ARGV: group, ids
local key = shard .. ':outbox'
redis.call('XACK', key, ARGV[1], unpack(ARGV, 2))
return redis.call('XDEL', key, unpack(ARGV, 2))
