-- Whose a session is.
--
-- ARGV: sid

if not is_settled() then return UNSETTLED end

return owner_of(ARGV[1]) or false
