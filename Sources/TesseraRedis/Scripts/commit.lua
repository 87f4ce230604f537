-- A change of one user: all conditions are checked, and then everything is written, or nothing.
--
-- ARGV: user, expected epoch, expected epoch of the deployment, raised epoch or '', when it was raised or '', now,
--       seconds that Redis keeps the user's hash, then
--       the number of edits, and for each
--         c, sid, packed, used at, used generation, due                    create
--         a, sid, packed, used at, used generation, due                    create by adoption
--         r, sid, packed as read, packed, used at, used generation, due or ''   replace
--         d, sid                                                           remove
--       the number of revocations, and for each: subject, below, expires, reason
--       the number of announcements, and for each: PUBLISH or SPUBLISH, channel, message
--       then, as outbox.lua takes them: messages for other systems
-- Answers: ok and the history that the primary is in, stale, or ended and the sid that may not be created.

if not is_settled() then return UNSETTLED end

local user = ARGV[1]
local position = 8

local function take(count)
  local first = position
  position = position + count
  return unpack(ARGV, first, first + count - 1)
end

local function take_list(read)
  local list = {}
  for index = 1, tonumber(take(1)) do list[index] = read() end
  return list
end

local edits = take_list(function()
  local edit = {}
  edit.kind, edit.sid = take(2)
  if edit.kind == 'r' then edit.expected = take(1) end
  if edit.kind ~= 'd' then edit.packed, edit.used_at, edit.used_generation, edit.due = take(4) end
  return edit
end)

-- Conditions.
for _, edit in ipairs(edits) do
  -- Whether a token from elsewhere was ended, older nodes may know that have not come back yet.
  if edit.kind == 'a' then
    if is_begun() then return UNSETTLED end
    edit.kind = 'c'
  end
end
if epoch_in(user_key(user)) ~= tonumber(ARGV[2]) or epoch_in(deployment_key) ~= tonumber(ARGV[3]) then
  return { 'stale' }
end
for _, edit in ipairs(edits) do
  if edit.kind == 'c' and owner_of(edit.sid) then return { 'stale' } end
  if edit.kind == 'r' and read_session(user, edit.sid) ~= edit.expected then return { 'stale' } end
end
for _, edit in ipairs(edits) do
  if edit.kind == 'c' and is_ended(edit.sid) then return { 'ended', edit.sid } end
end

-- Writes.
trim(ARGV[6], TRIMMED_BY_A_WRITE)
if ARGV[4] ~= '' then raise_user(user, ARGV[4], ARGV[5]) end
for _, edit in ipairs(edits) do
  if edit.kind == 'c' then
    redis.call('HDEL', user_key(user), 't:' .. edit.sid)
    write_session(user, edit.sid, edit.packed)
    use_session(user, edit.sid, edit.used_at, edit.used_generation)
    own(edit.sid, user, edit.due)
  elseif edit.kind == 'd' then
    remove_session(user, edit.sid)
  elseif read_session(user, edit.sid) then
    write_session(user, edit.sid, edit.packed)
    use_session(user, edit.sid, edit.used_at, edit.used_generation)
    if edit.due ~= '' then own(edit.sid, user, edit.due) end
  end
end
for _ = 1, tonumber(take(1)) do block(take(4)) end

-- A safety net for a store that nobody sweeps any more. A raised epoch is kept until a sweep forgets it.
if epoch_in(user_key(user)) == 0 then
  local key = user_key(user)
  if redis.call('TTL', key) < tonumber(ARGV[7]) then redis.call('EXPIRE', key, ARGV[7]) end
end

post(tell(position))
-- It is settled, so this is the history.
return { 'ok', redis.call('GET', settled_key) }
