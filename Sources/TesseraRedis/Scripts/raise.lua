-- Raises this shard's copy of the deployment's epoch, at least to the given one, and tells the other nodes.
--
-- ARGV: epoch, when it was raised, reason, PUBLISH or SPUBLISH, channel, message
-- Answers: the epoch and the moment as they stand now.

if epoch_in(deployment_key) < tonumber(ARGV[1]) then
  raise_deployment(ARGV[1], ARGV[2], ARGV[3])
  if ARGV[4] then redis.call(ARGV[4], ARGV[5], ARGV[6]) end
end
return redis.call('HMGET', deployment_key, 'epoch', 'raised_at')
