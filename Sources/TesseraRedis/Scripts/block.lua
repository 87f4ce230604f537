-- Adds revocations to the blocklist, ends what they name, and tells the other nodes.
--
-- ARGV: now, the number of revocations, and for each: subject, below, expires, reason
--       the number of messages, and for each: PUBLISH or SPUBLISH, channel, message

trim(ARGV[1], TRIMMED_BY_A_WRITE)
local position = 3
for _ = 1, tonumber(ARGV[2]) do
  block(unpack(ARGV, position, position + 3))
  position = position + 4
end
local messages = tonumber(ARGV[position])
position = position + 1
for _ = 1, messages do
  redis.call(unpack(ARGV, position, position + 2))
  position = position + 3
end
return redis.status_reply('OK')
