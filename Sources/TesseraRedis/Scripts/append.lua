-- Adds messages that no change brings along: all of them, or none where there is not room for all.
--
-- ARGV: the number of messages, the most that the outbox keeps, and for each: id, when it was made, body
-- Answers: whether they were added.

if redis.call('HLEN', messages_key) + tonumber(ARGV[1]) > tonumber(ARGV[2]) then return 0 end
post(1)
return 1
