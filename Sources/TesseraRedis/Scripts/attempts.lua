-- What the scripts of counted attempts share; it stands before each of them.
--
-- KEYS[1] is their prefix, such as tessera:{attempts}. paid is a sorted set: digest of what is limited by the moment at
-- which all that was tried so far is paid for (AttemptLimit says what that means).

local paid_key = KEYS[1] .. ':paid'

-- Drops what no longer limits anything, a bounded number. Returns how many.
local function trim(now, limit)
  local gone = redis.call('ZRANGEBYSCORE', paid_key, '-inf', now, 'LIMIT', 0, limit)
  if #gone > 0 then redis.call('ZREM', paid_key, unpack(gone)) end
  return #gone
end
