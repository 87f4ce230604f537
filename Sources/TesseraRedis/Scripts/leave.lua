-- Ends a node's lease.
--
-- ARGV: node
redis.call('SREM', nodes_key, ARGV[1])
return redis.call('DEL', node_key(ARGV[1]))
