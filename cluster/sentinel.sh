#!/bin/sh
# Starts a member of the Sentinel overlay: `sentinel.sh primary | replica | sentinel`.
# The first start writes its configuration to /data. From then on Redis and Sentinel keep it, because a failover changes
# it: a replica that became the primary has to be one after a restart, too.
set -eu
file=/data/member.conf
if [ ! -s "$file" ]; then
    case $1 in
    primary | replica)
        cat >"$file.new" <<CONFIGURATION
include /etc/redis-tessera.conf
requirepass $REDIS_PASSWORD
masterauth $REDIS_PASSWORD
# One that is cut off from its replicas stops after 2 seconds, before the Sentinels make another one the primary.
min-replicas-to-write 1
min-replicas-max-lag 2
CONFIGURATION
        [ "$1" = primary ] || echo "replicaof $PRIMARY 6379" >>"$file.new"
        ;;
    sentinel)
        cat >"$file.new" <<CONFIGURATION
port 26379
dir /data
requirepass $REDIS_PASSWORD
sentinel sentinel-pass $REDIS_PASSWORD
sentinel monitor tessera $PRIMARY 6379 2
sentinel auth-pass tessera $REDIS_PASSWORD
sentinel down-after-milliseconds tessera 5000
sentinel failover-timeout tessera 10000
sentinel parallel-syncs tessera 1
CONFIGURATION
        ;;
    *)
        echo "usage: $0 primary | replica | sentinel" >&2
        exit 64
        ;;
    esac
    # In one step, so that a start that was cut short leaves no half of it.
    mv "$file.new" "$file"
fi
if [ "$1" = sentinel ]; then set -- --sentinel; else set --; fi
exec redis-server "$file" "$@"
