-- Raises this shard's copy of the deployment's epoch, at least to the given one, and tells the other nodes.
--
-- ARGV: epoch, when it was raised, reason, the number of messages, and for each: PUBLISH or SPUBLISH, channel, message
-- Answers: the epoch, the moment and the reason as they stand now.

if not is_settled() then return UNSETTLED end

if epoch_in(deployment_key) < tonumber(ARGV[1]) then
  raise_deployment(ARGV[1], ARGV[2], ARGV[3])
  tell(4)
end
return redis.call('HMGET', deployment_key, 'epoch', 'raised_at', 'reason')
