-- What the scripts of the directory share; it stands before each of them.
--
-- KEYS[1] is the directory's prefix, such as tessera:{directory}. Every key that a script touches begins with it, so that
-- all of them are in one slot of a Redis Cluster, and every step is one script.
--
-- user:<id> is a hash: format, and of name, email, verified and image those that the user has. accounts:<id> is a sorted
-- set of the names of his accounts by the moment at which they were linked. account:<name> is a hash: user, linked_at,
-- tokens, version, and lease_holder and lease_until while somebody refreshes the tokens. email:<address> is the id of the
-- user who has it. links is a sorted set of sign-in links by their expiry. The name of an account is its provider, the
-- byte 31, and the user's name there; a link is an address, the byte 31, and a hash.

local place = KEYS[1]
local links_key = place .. ':links'

-- Of the hash of a user: what a newer version writes otherwise is refused, not guessed at.
local FORMAT = '1'

local function user_key(id) return place .. ':user:' .. id end
local function accounts_key(id) return place .. ':accounts:' .. id end
local function account_key(name) return place .. ':account:' .. name end
local function email_key(address) return place .. ':email:' .. address end

-- A user as he is answered; false where there is none.
local function user(id)
  local fields = redis.call('HMGET', user_key(id), 'format', 'name', 'email', 'verified', 'image')
  if not fields[1] then return false end
  return { id, unpack(fields) }
end

-- An account as it is answered; false where there is none.
local function account(name)
  local fields = redis.call('HMGET', account_key(name), 'user', 'linked_at', 'tokens', 'version')
  if not fields[1] then return false end
  return { name, unpack(fields) }
end

local function owner_of(name) return redis.call('HGET', account_key(name), 'user') end

-- Gives a user the account whose name, moment of linking, tokens and version stand from a position of the arguments on.
local function add_account(id, position)
  local name, linked_at, tokens, version = unpack(ARGV, position, position + 3)
  redis.call('HSET', account_key(name), 'user', id, 'linked_at', linked_at, 'tokens', tokens, 'version', version)
  redis.call('ZADD', accounts_key(id), linked_at, name)
end

local function remove_account(id, name)
  redis.call('DEL', account_key(name))
  redis.call('ZREM', accounts_key(id), name)
end
