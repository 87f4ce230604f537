-- A user by his address.
--
-- ARGV: address
local id = redis.call('GET', email_key(ARGV[1]))
return id and user(id)
