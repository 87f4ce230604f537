-- The leases on this primary. Names whose lease has run out are dropped.
--
-- ARGV: the history that the primary is in
-- Answers: for each node its name and its hash.

if replication_id() ~= ARGV[1] then return MOVED_ON end

local leases = {}
for _, node in ipairs(redis.call('SMEMBERS', nodes_key)) do
  local fields = redis.call('HGETALL', node_key(node))
  if #fields > 0 then
    table.insert(leases, { node, fields })
  else
    redis.call('SREM', nodes_key, node)
  end
end
return leases
