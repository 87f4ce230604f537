-- What the scripts of a shard share; it stands before each of them.
--
-- KEYS[1] is the shard's prefix, such as tessera:{t07}. It routes the call, and every key that a script touches begins
-- with it, so that all of them are in one slot of a Redis Cluster.
--
-- Moments are texts of milliseconds since 1970. They are compared as numbers, and kept as they came: a number of Lua
-- has 53 bits. What scripts do follows from what is there and from their arguments; of the server's clock they take only
-- when a message was published, and when an epoch was raised of which nothing else tells that.

local shard = KEYS[1]
local deployment_key = shard .. ':deployment'
local blocklist_key = shard .. ':blocklist'
local facts_key = shard .. ':facts'
local due_key = shard .. ':due'
local raised_key = shard .. ':raised'

-- Below every generation there is: the whole session.
local WHOLE = '4294967295'

-- The expiry of what never expires.
local NEVER = '9223372036854775807'

-- This server's clock, in milliseconds.
local function clock()
  local time = redis.call('TIME')
  return string.format('%d%03d', tonumber(time[1]), math.floor(tonumber(time[2]) / 1000))
end

local function later(left, right)
  if tonumber(right) > tonumber(left) then return right end
  return left
end

local function user_key(user) return shard .. ':user:' .. user end

-- Sessions -----------------------------------------------------------------------------------------------------------
--
-- In the user's hash: s:<sid> the packed session, t:<sid> its last use. A value of more than 64 bytes would turn the
-- whole hash into the encoding that takes three times the room, so what is a little longer is cut in two, and the rest
-- stands in r:<sid>.

local LONGEST_VALUE = 64

local function read_session(user, sid)
  local parts = redis.call('HMGET', user_key(user), 's:' .. sid, 'r:' .. sid)
  if not parts[1] then return nil end
  return parts[1] .. (parts[2] or '')
end

local function write_session(user, sid, packed)
  local key = user_key(user)
  if #packed > LONGEST_VALUE and #packed <= 2 * LONGEST_VALUE then
    redis.call('HSET', key, 's:' .. sid, string.sub(packed, 1, LONGEST_VALUE),
      'r:' .. sid, string.sub(packed, LONGEST_VALUE + 1))
  else
    redis.call('HSET', key, 's:' .. sid, packed)
    redis.call('HDEL', key, 'r:' .. sid)
  end
end

-- Moves a session's last use forward: the later moment and the higher generation, each for itself.
local function use_session(user, sid, at, generation)
  local key = user_key(user)
  local held = redis.call('HGET', key, 't:' .. sid)
  if held then
    local held_at, held_generation = string.match(held, '^(%S+) (%S+)$')
    at = later(held_at, at)
    generation = later(held_generation, generation)
  end
  redis.call('HSET', key, 't:' .. sid, at .. ' ' .. generation)
end

-- The counter at a position of a packed session (7 bits a byte, lowest first), and the position after it.
local function counter(packed, position)
  local value, factor = 0, 1
  while true do
    local byte = string.byte(packed, position)
    value = value + byte % 128 * factor
    factor = factor * 128
    position = position + 1
    if byte < 128 then return value, position end
  end
end

-- The epochs that a packed session began with: its user's and the deployment's (PackedSession, version 1).
local function epochs_of(packed)
  local _, position = counter(packed, 2)
  local of_user, of_deployment
  of_user, position = counter(packed, position)
  of_deployment = counter(packed, position)
  return of_user, of_deployment
end

-- Owners -------------------------------------------------------------------------------------------------------------
--
-- owner:<bucket> is a hash from sid to '<due> <user>': whose the session is, and a moment before which it cannot have
-- reached its limit. 64 buckets a shard keep the hashes small. due: bucket by the earliest of these moments. (The first
-- two characters of a sid may tell the shard; the third is random in any case.)

local function bucket_of(sid) return string.sub(sid, 3, 3) end

local function owner_key(sid) return shard .. ':owner:' .. bucket_of(sid) end

local function split_owner(entry) return string.match(entry, '^(%S+) (.*)$') end

-- The owner of a session that is there. (An entry may be left of one that Redis let go with its user's hash.)
local function owner_of(sid)
  local entry = redis.call('HGET', owner_key(sid), sid)
  if not entry then return nil end
  local _, user = split_owner(entry)
  if redis.call('HEXISTS', user_key(user), 's:' .. sid) == 0 then return nil end
  return user
end

local function own(sid, user, due)
  redis.call('HSET', owner_key(sid), sid, due .. ' ' .. user)
  redis.call('ZADD', due_key, 'LT', due, bucket_of(sid))
end

local function remove_session(user, sid)
  if redis.call('HDEL', user_key(user), 's:' .. sid, 'r:' .. sid, 't:' .. sid) == 0 then return false end
  redis.call('HDEL', owner_key(sid), sid)
  return true
end

-- Epochs -------------------------------------------------------------------------------------------------------------

local function epoch_in(key) return tonumber(redis.call('HGET', key, 'epoch') or '0') end

-- Raises the epoch in a hash; lowers neither it nor the moment.
local function raise(key, epoch, at)
  local held = redis.call('HGET', key, 'raised_at')
  if epoch_in(key) < tonumber(epoch) then redis.call('HSET', key, 'epoch', epoch) end
  redis.call('HSET', key, 'raised_at', held and later(held, at) or at)
end

-- A raised epoch is remembered until a sweep forgets it; Redis must not let it go before.
local function raise_user(user, epoch, at)
  local key = user_key(user)
  raise(key, epoch, at)
  redis.call('PERSIST', key)
  redis.call('ZADD', raised_key, 'GT', at, user)
end

local function raise_deployment(epoch, at, reason)
  raise(deployment_key, epoch, at)
  redis.call('HSET', deployment_key, 'reason', reason)
end

-- The blocklist ------------------------------------------------------------------------------------------------------
--
-- blocklist: subject by expiry; facts: subject to '<below> <expires> <reason>'. A subject is s<sid>, u<user> or t<jti>.

-- Of two facts about the same subject the wider one, with its reason, and the later expiry stay.
local function enter(subject, below, expires, reason)
  local held = redis.call('HGET', facts_key, subject)
  if held then
    local held_below, held_expires, held_reason = string.match(held, '^(%S+) (%S+) (%S+)$')
    if tonumber(below) <= tonumber(held_below) then below, reason = held_below, held_reason end
    expires = later(held_expires, expires)
  end
  redis.call('HSET', facts_key, subject, below .. ' ' .. expires .. ' ' .. reason)
  redis.call('ZADD', blocklist_key, expires, subject)
end

-- When what a fact tells of was raised, which it does not say: its expiry is certainly not too early. Of what never
-- expires that would refuse all NextAuth.js tokens for ever; there it is now.
local function raised_at(expires) return expires == NEVER and clock() or expires end

-- Adds a revocation, and ends what it names, so that nothing lives on once the entry has expired.
local function block(subject, below, expires, reason)
  local kind, name = string.sub(subject, 1, 1), string.sub(subject, 2)
  if kind == 'e' then
    if epoch_in(deployment_key) < tonumber(below) then raise_deployment(below, raised_at(expires), reason) end
    return
  end
  enter(subject, below, expires, reason)
  if kind == 's' and below == WHOLE then
    local user = owner_of(name)
    if user then remove_session(user, name) end
  elseif kind == 'u' and epoch_in(user_key(name)) < tonumber(below) then
    raise_user(name, below, raised_at(expires))
  end
end

-- Whether a session as a whole is on the blocklist.
local function is_ended(sid)
  local held = redis.call('HGET', facts_key, 's' .. sid)
  return held and string.match(held, '^%S+') == WHOLE
end

-- Drops entries that no longer matter, a bounded number of them. Returns how many.
local function trim(now, limit)
  local gone = redis.call('ZRANGEBYSCORE', blocklist_key, '-inf', now, 'LIMIT', 0, limit)
  if #gone > 0 then
    redis.call('HDEL', facts_key, unpack(gone))
    redis.call('ZREM', blocklist_key, unpack(gone))
  end
  return #gone
end

-- How many entries every write drops along the way.
local TRIMMED_BY_A_WRITE = 16

-- The cluster --------------------------------------------------------------------------------------------------------

local settled_key = shard .. ':settled'
local begun_key = shard .. ':begun'
local nodes_key = shard .. ':nodes'

local function node_key(node) return shard .. ':node:' .. node end

-- Names the history of this primary's data. A server that was promoted, or restarted, begins another one.
local function replication_id()
  return string.match(redis.call('INFO', 'replication'), 'master_replid:(%x+)')
end

-- Whether every node has brought what it knows since that history began. Until then, acknowledged writes of the one
-- before may be missing here, and nothing that follows from what is here may be answered.
local function is_settled() return redis.call('GET', settled_key) == replication_id() end

-- In which history every node had brought what it knows. Of a shard that has only begun, nobody has said that: it was
-- empty, and older nodes may know what it has lost. What it holds was made since, so it answers; it adopts nothing.
local function is_begun() return redis.call('EXISTS', begun_key) == 1 end

local function declared_in()
  if is_begun() then return false end
  return redis.call('GET', settled_key)
end

local UNSETTLED = redis.error_reply('UNSETTLED nodes have not brought yet what they know')
local MOVED_ON = redis.error_reply('MOVEDON this primary has begun another history of its data')

-- Publishes the messages that begin at a position of the arguments, each behind the moment by this server's clock:
-- their number, and for each PUBLISH or SPUBLISH, channel and message. Returns the position after them.
local function tell(position)
  local first = position + 1
  local last = first + 3 * tonumber(ARGV[position])
  for message = first, last - 1, 3 do
    redis.call(ARGV[message], ARGV[message + 1], clock() .. ' ' .. ARGV[message + 2])
  end
  return last
end
