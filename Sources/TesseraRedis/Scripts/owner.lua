-- Whose a session is.
--
-- ARGV: sid
return owner_of(ARGV[1]) or false
