-- Writes something, so that a primary that cannot write is found out.
redis.call('SET', shard .. ':ping', '1', 'EX', 60)
return redis.status_reply('OK')
