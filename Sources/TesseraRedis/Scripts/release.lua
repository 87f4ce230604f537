-- Gives a lease back.
--
-- ARGV: name, holder
local key = account_key(ARGV[1])
if redis.call('HGET', key, 'lease_holder') ~= ARGV[2] then return 0 end
return redis.call('HDEL', key, 'lease_holder', 'lease_until')
