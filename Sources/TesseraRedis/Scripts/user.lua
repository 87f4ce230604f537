-- A user by his id.
--
-- ARGV: id
return user(ARGV[1])
