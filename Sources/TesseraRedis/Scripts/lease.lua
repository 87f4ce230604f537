-- Gives the sole right to refresh an account's tokens until a moment, unless somebody else has it.
--
-- ARGV: name, holder, until, now
-- Answers: the account; the moment until which somebody else has the right; or nothing where there is no account.

local key = account_key(ARGV[1])
if redis.call('EXISTS', key) == 0 then return false end
local held = redis.call('HMGET', key, 'lease_holder', 'lease_until')
if held[1] and held[1] ~= ARGV[2] and tonumber(held[2]) > tonumber(ARGV[4]) then return held[2] end
redis.call('HSET', key, 'lease_holder', ARGV[2], 'lease_until', ARGV[3])
return account(ARGV[1])
