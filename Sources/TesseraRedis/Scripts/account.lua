-- An account by its name.
--
-- ARGV: name
return account(ARGV[1])
