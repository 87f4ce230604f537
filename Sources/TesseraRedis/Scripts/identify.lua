-- The history that the primary of this shard is in.
return replication_id()
