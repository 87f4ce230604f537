-- Writes the tokens of an account: if they have been written as often as is said; or if the lease is the caller's. Either
-- ends the lease, so that a refresh that is under way does not write over newer tokens.
--
-- ARGV: name, tokens, version or '', holder
-- Answers: whether they were written.

local key = account_key(ARGV[1])
local condition, expected = 'version', ARGV[3]
if expected == '' then condition, expected = 'lease_holder', ARGV[4] end
if redis.call('HGET', key, condition) ~= expected then return 0 end
redis.call('HSET', key, 'tokens', ARGV[2])
redis.call('HINCRBY', key, 'version', 1)
redis.call('HDEL', key, 'lease_holder', 'lease_until')
return 1
