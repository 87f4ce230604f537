-- Changes a user.
--
-- ARGV: id, the number of fields, and for each: name, value; messages
-- Answers: the user as he is then; nothing where there is none.

local id = ARGV[1]
if redis.call('EXISTS', user_key(id)) == 0 then return false end
local last = 2 + 2 * tonumber(ARGV[2])
for position = 3, last - 1, 2 do redis.call('HSET', user_key(id), ARGV[position], ARGV[position + 1]) end
post(last + 1)
return user(id)
