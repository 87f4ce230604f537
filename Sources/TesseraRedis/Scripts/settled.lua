-- In which history of its primary this shard was last declared settled.
return redis.call('GET', settled_key)
