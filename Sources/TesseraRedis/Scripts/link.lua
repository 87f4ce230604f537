-- Gives a user another account.
--
-- ARGV: id, then of the account: name, linked at, tokens, version; messages
-- Answers: done, user where there is no such user, or account and whose it is.

if redis.call('EXISTS', user_key(ARGV[1])) == 0 then return { 'user' } end
local owner = owner_of(ARGV[2])
if owner then return { 'account', owner } end
add_account(ARGV[1], 2)
post(6)
return { 'done' }
