-- Keeps what a sign-in link stands for.
--
-- ARGV: the link, when it expires
redis.call('ZADD', links_key, ARGV[2], ARGV[1])
return redis.status_reply('OK')
