-- Messages for other systems, as the scripts that write them share it; it stands before each of them, behind shard.lua
-- or directory.lua.
--
-- outbox is a sorted set of the messages' ids by the moment at which they are due; messages is a hash from id to
-- '<created> <attempts> <body>'. unsent counts those that found the outbox full.

local outbox_key = KEYS[1] .. ':outbox'
local messages_key = KEYS[1] .. ':messages'
local unsent_key = KEYS[1] .. ':unsent'

-- Adds the messages that begin at a position of the arguments: their number, the most that the outbox keeps, and for each
-- its id, when it was made, and its body. Those that find it full are counted and left out: what they tell of must not
-- fail for that.
local function post(position)
  local limit = tonumber(ARGV[position + 1])
  local left_out = 0
  for first = position + 2, position + 3 * tonumber(ARGV[position]) - 1, 3 do
    local id, created, body = unpack(ARGV, first, first + 2)
    if redis.call('HLEN', messages_key) >= limit then
      left_out = left_out + 1
    else
      redis.call('HSET', messages_key, id, created .. ' 0 ' .. body)
      redis.call('ZADD', outbox_key, created, id)
    end
  end
  if left_out > 0 then redis.call('INCRBY', unsent_key, left_out) end
end
