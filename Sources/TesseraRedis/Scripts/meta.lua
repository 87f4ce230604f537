-- What holds for the whole deployment: written by the first node, and compared by the others.
--
-- KEYS[1] is the hash of it. ARGV: schema, number of shards
-- Answers: both as they stand now.
redis.call('HSETNX', KEYS[1], 'schema', ARGV[1])
redis.call('HSETNX', KEYS[1], 'shards', ARGV[2])
return redis.call('HMGET', KEYS[1], 'schema', 'shards')
