-- Whether a token is on the blocklist by its jti.
--
-- ARGV: jti

if not is_settled() then return UNSETTLED end

return redis.call('HEXISTS', facts_key, 't' .. ARGV[1])
