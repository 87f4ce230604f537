-- Adds revocations to the blocklist, ends what they name, and tells the other nodes.
--
-- ARGV: the history that the primary is in or '', now, the number of revocations, and for each: subject, below, expires, reason
--       the number of messages, and for each: PUBLISH or SPUBLISH, channel, message

if ARGV[1] ~= '' and replication_id() ~= ARGV[1] then return MOVED_ON end

trim(ARGV[2], TRIMMED_BY_A_WRITE)
local position = 4
for _ = 1, tonumber(ARGV[3]) do
  block(unpack(ARGV, position, position + 3))
  position = position + 4
end
tell(position)
return redis.status_reply('OK')
