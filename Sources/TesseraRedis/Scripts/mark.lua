-- Moves last uses forward. Makes no session: a mark of one that is not there, or whose epochs are outdated, comes back.
--
-- ARGV: for each mark: user, sid, used at, used generation
-- Answers: the numbers, from 0, of the marks that came to nothing.

if not is_settled() then return UNSETTLED end

local unknown = {}
local of_deployment = epoch_in(deployment_key)

local function is_outdated(user, packed)
  local of_user = epoch_in(user_key(user))
  if of_user == 0 and of_deployment == 0 then return false end
  local began_user, began_deployment = epochs_of(packed)
  return began_user < of_user or began_deployment < of_deployment
end

for first = 1, #ARGV, 4 do
  local user, sid, at, generation = unpack(ARGV, first, first + 3)
  local packed = read_session(user, sid)
  if packed and not is_outdated(user, packed) then
    use_session(user, sid, at, generation)
  else
    table.insert(unknown, (first - 1) / 4)
  end
end
return unknown
