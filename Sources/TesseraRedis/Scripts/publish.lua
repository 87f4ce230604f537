-- Publishes messages.
--
-- ARGV: the history that the primary is in, the number of messages, and for each: PUBLISH or SPUBLISH, channel, message

if replication_id() ~= ARGV[1] then return MOVED_ON end

tell(2)
return redis.status_reply('OK')
