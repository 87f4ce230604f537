-- Removes a user and his accounts.
--
-- ARGV: id
-- Answers: whether there was one.

local id = ARGV[1]
for _, name in ipairs(redis.call('ZRANGE', accounts_key(id), 0, -1)) do remove_account(id, name) end
local email = redis.call('HGET', user_key(id), 'email')
if email and redis.call('GET', email_key(email)) == id then redis.call('DEL', email_key(email)) end
return redis.call('DEL', user_key(id))
