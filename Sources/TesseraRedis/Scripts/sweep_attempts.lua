-- Drops what no longer limits anything.
--
-- ARGV: now, how many at most
-- Answers: how many.
return trim(ARGV[1], ARGV[2])
