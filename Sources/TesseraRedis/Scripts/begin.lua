-- Lets this shard, which has no history, begin one: it answers from now on, though no node vouches for it yet.
--
-- ARGV: the history that the primary is in

if replication_id() ~= ARGV[1] then return MOVED_ON end

if redis.call('EXISTS', settled_key) == 0 then
  redis.call('SET', begun_key, '1')
  redis.call('SET', settled_key, ARGV[1])
elseif not is_settled() then
  return UNSETTLED
end
return redis.status_reply('OK')
