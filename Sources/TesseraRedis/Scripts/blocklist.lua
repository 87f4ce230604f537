-- A page of the blocklist, and the deployment's epoch: entries in the order of their expiry, which only ever becomes
-- later, so that none is missed between two pages. All entries of one moment come on one page.
--
-- ARGV: the moment after which entries have to expire, how many a page has, the history that the primary is in or ''
-- Answers: the moment to go on from or '', the deployment's [epoch, raised_at, reason], the history in which the shard
--          was last declared settled, and lines '<below> <expires> <reason>
--          <subject>' as one text: a reply of many small parts takes both sides many times as long.

if ARGV[3] ~= '' and replication_id() ~= ARGV[3] then return MOVED_ON end

local lines = {}

local function add(subjects, first, last)
  -- Not all at once: Lua's stack holds some thousand values.
  for from = first, last, 1000 do
    local to = math.min(from + 999, last)
    local facts = redis.call('HMGET', facts_key, unpack(subjects, from, to))
    for index = from, to do
      local fact = facts[index - from + 1]
      if fact then table.insert(lines, fact .. ' ' .. subjects[index] .. '\n') end
    end
  end
end

local limit = tonumber(ARGV[2])
local page = redis.call('ZRANGEBYSCORE', blocklist_key, '(' .. ARGV[1], '+inf', 'LIMIT', 0, limit)
local next_moment = ''
if #page == limit then
  local score = redis.call('ZSCORE', blocklist_key, page[#page])
  local last = #page
  while last > 0 and redis.call('ZSCORE', blocklist_key, page[last]) == score do last = last - 1 end
  add(page, 1, last)
  local same = redis.call('ZRANGEBYSCORE', blocklist_key, score, score)
  add(same, 1, #same)
  next_moment = score
else
  add(page, 1, #page)
end
return {
  next_moment,
  redis.call('HMGET', deployment_key, 'epoch', 'raised_at', 'reason'),
  declared_in(),
  table.concat(lines),
}
