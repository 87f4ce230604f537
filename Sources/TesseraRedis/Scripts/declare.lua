-- Declares this shard settled: every node has brought what it knows.
--
-- ARGV: the history that the primary is in

if replication_id() ~= ARGV[1] then return MOVED_ON end

redis.call('SET', settled_key, ARGV[1])
redis.call('DEL', begun_key)
return redis.status_reply('OK')
