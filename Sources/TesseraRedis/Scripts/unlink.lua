-- Takes an account away from a user, unless he has to have another one and has not.
--
-- ARGV: id, name of the account, '' or the number of providers of which another account has to be left, and they;
--       messages
-- Answers: done, account where he has no such account, or last.

local id, name = ARGV[1], ARGV[2]
local count = tonumber(ARGV[3]) or 0

local function is_left()
  local counts = {}
  for position = 4, 3 + count do counts[ARGV[position]] = true end
  for _, other in ipairs(redis.call('ZRANGE', accounts_key(id), 0, -1)) do
    if other ~= name and counts[string.match(other, '^(.-)\31')] then return true end
  end
  return false
end

if owner_of(name) ~= id then return { 'account' } end
if ARGV[3] ~= '' and not is_left() then return { 'last' } end
remove_account(id, name)
post(4 + count)
return { 'done' }
