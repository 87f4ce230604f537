-- Hands out lasting events: first those that another reader took and did not finish in time, then new ones.
--
-- ARGV: group, reader, milliseconds after which another reader's events are taken over, how many at most
-- Answers: for each event its id and its text.

local key = shard .. ':outbox'
local events = {}

local function add(entries)
  -- An entry that is not there any more, because the stream was cut, comes as nothing.
  for _, entry in ipairs(entries) do
    if entry and entry[2] then table.insert(events, { entry[1], entry[2][2] }) end
  end
end

-- Where nothing was ever appended there is nothing to make a group of.
if redis.call('EXISTS', key) == 0 then return events end

redis.pcall('XGROUP', 'CREATE', key, ARGV[1], '0')
add(redis.call('XAUTOCLAIM', key, ARGV[1], ARGV[2], ARGV[3], '0', 'COUNT', ARGV[4])[2])
local left = tonumber(ARGV[4]) - #events
if left > 0 then
  local read = redis.call('XREADGROUP', 'GROUP', ARGV[1], ARGV[2], 'COUNT', left, 'STREAMS', key, '>')
  if read then add(read[1][2]) end
end
return events
