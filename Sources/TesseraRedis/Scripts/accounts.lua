-- A user's accounts, the first one linked first.
--
-- ARGV: id
local list = {}
for _, name in ipairs(redis.call('ZRANGE', accounts_key(ARGV[1]), 0, -1)) do table.insert(list, account(name)) end
return list
