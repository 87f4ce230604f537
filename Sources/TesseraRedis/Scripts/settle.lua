-- What a sweep has decided about sessions, each on the condition that it is unchanged since.
--
-- ARGV: reason, then for each session: sid, user, packed as read, last use as read,
--       end or keep, with end: until when its end must be remembered or '', with keep: before when it is not due
-- Answers: how many sessions were ended.

if not is_settled() then return UNSETTLED end

local ended = 0
for first = 2, #ARGV, 6 do
  local sid, user, packed, use, verdict, moment = unpack(ARGV, first, first + 5)
  local is_unchanged = read_session(user, sid) == packed and redis.call('HGET', user_key(user), 't:' .. sid) == use
  if is_unchanged and verdict == 'end' then
    remove_session(user, sid)
    if moment ~= '' then block('s' .. sid, WHOLE, moment, ARGV[1]) end
    ended = ended + 1
  elseif is_unchanged then
    -- Another sweep finds the earliest moment of the bucket.
    redis.call('HSET', owner_key(sid), sid, moment .. ' ' .. user)
  end
end
return ended
