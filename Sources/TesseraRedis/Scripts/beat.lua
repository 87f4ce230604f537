-- Writes a node's lease, and publishes its beat in the same step: when that arrives, all that was accepted before has.
--
-- ARGV: the history that the primary is in, node, milliseconds that the lease counts,
--       the number of messages, and for each: PUBLISH or SPUBLISH, channel, message
--       then the fields of the lease and their values

if replication_id() ~= ARGV[1] then return MOVED_ON end

local position = tell(4)
local key = node_key(ARGV[2])
redis.call('HSET', key, unpack(ARGV, position))
redis.call('PEXPIRE', key, ARGV[3])
redis.call('SADD', nodes_key, ARGV[2])
return redis.status_reply('OK')
