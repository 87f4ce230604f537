-- Takes away the first of some links that is there.
--
-- ARGV: links
-- Answers: its number, from 0, and when it expires or has expired; nothing where there is none.
for index, link in ipairs(ARGV) do
  local expires = redis.call('ZSCORE', links_key, link)
  if expires then
    redis.call('ZREM', links_key, link)
    return { index - 1, expires }
  end
end
return false
