-- In which history of its primary this shard was last declared settled.
return declared_in()
