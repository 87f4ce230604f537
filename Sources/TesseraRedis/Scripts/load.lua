-- A user's record and the deployment's epoch, both as of one moment.
--
-- ARGV: user
-- Answers: [epoch, raised_at] of the deployment, and the user's hash.

if not is_settled() then return UNSETTLED end

return {
  redis.call('HMGET', deployment_key, 'epoch', 'raised_at'),
  redis.call('HGETALL', user_key(ARGV[1])),
}
