-- Adds revocations to the blocklist, ends what they name, and tells the other nodes.
--
-- What a node writes back names the history of its link. Everything else is taken by a settled shard alone: while its slot
-- moves to another primary, this may be where it moves to, and the nodes still listen where it comes from.
--
-- ARGV: the history that the primary is in or '', now, the number of revocations, and for each: subject, below, expires, reason
--       the number of messages, and for each: PUBLISH or SPUBLISH, channel, message
-- Answers: the history that the primary is in.

local history = ARGV[1]
if history == '' then
  if not is_settled() then return UNSETTLED end
  history = redis.call('GET', settled_key)
elseif replication_id() ~= history then
  return MOVED_ON
end

trim(ARGV[2], TRIMMED_BY_A_WRITE)
local position = 4
for _ = 1, tonumber(ARGV[3]) do
  block(unpack(ARGV, position, position + 3))
  position = position + 4
end
tell(position)
return history
