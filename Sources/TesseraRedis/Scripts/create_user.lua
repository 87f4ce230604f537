-- Makes a user, and an account with him: both, or neither.
--
-- ARGV: id, 1 or 0 for whether he has an address, the address,
--       the number of his fields, and for each: name, value
--       1 or 0 for whether there is an account, and for one: name, linked at, tokens, version
--       messages
-- Answers: done; account or email and whose it is; or known, where there is a user of this id.

local id, has_email, email = unpack(ARGV, 1, 3)
local account_at = 5 + 2 * tonumber(ARGV[4])
local has_account = ARGV[account_at] == '1'

if has_account then
  local owner = owner_of(ARGV[account_at + 1])
  if owner then return { 'account', owner } end
end
if has_email == '1' then
  local owner = redis.call('GET', email_key(email))
  if owner then return { 'email', owner } end
end
if redis.call('EXISTS', user_key(id)) == 1 then return { 'known' } end

redis.call('HSET', user_key(id), 'format', FORMAT)
for position = 5, account_at - 1, 2 do redis.call('HSET', user_key(id), ARGV[position], ARGV[position + 1]) end
if has_email == '1' then redis.call('SET', email_key(email), id) end
if has_account then add_account(id, account_at + 1) end
post(account_at + (has_account and 5 or 1))
return { 'done' }
