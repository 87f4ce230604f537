-- Counts an attempt against all of some limits, or against none where one of them is reached.
--
-- ARGV: now, and for each limit: digest, burst, milliseconds between two attempts
-- Answers: how many milliseconds to wait; 0 where the attempt counts.

local now = tonumber(ARGV[1])
local wait, last = 0, 0
local paid = {}
for position = 2, #ARGV, 3 do
  local digest, burst, interval = ARGV[position], tonumber(ARGV[position + 1]), tonumber(ARGV[position + 2])
  local paid_until = tonumber(redis.call('ZSCORE', paid_key, digest) or now)
  local next_until = math.max(paid_until, now) + interval
  wait = math.max(wait, next_until - interval * burst - now)
  last = math.max(last, next_until)
  paid[position] = next_until
end
if wait > 0 then return wait end

-- Along the way, so that whoever tries very much makes no more work for a sweep than he pays for here.
trim(ARGV[1], 16)
for position, next_until in pairs(paid) do
  redis.call('ZADD', paid_key, string.format('%.0f', next_until), ARGV[position])
end
-- Where nobody sweeps any more, all of it goes by itself: a minute after the last of it has ceased to matter.
local left = last - now + 60000
if redis.call('PTTL', paid_key) < left then redis.call('PEXPIRE', paid_key, string.format('%.0f', left)) end
return 0
