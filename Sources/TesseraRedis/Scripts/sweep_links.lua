-- Drops links that have expired, a bounded number of them.
--
-- ARGV: now, how many at most
-- Answers: how many.
local gone = redis.call('ZRANGEBYSCORE', links_key, '-inf', ARGV[1], 'LIMIT', 0, ARGV[2])
if #gone > 0 then redis.call('ZREM', links_key, unpack(gone)) end
return #gone
