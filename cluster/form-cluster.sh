#!/bin/sh
# Makes one Redis Cluster of the servers that it is given, with two replicas for each primary, unless they are one already.
# Ends when the cluster serves all slots.
set -eu
first=$1
state() { redis-cli -h "$first" cluster info | tr -d '\r' | sed -n 's/^cluster_state://p'; }

if [ "$(redis-cli -h "$first" cluster info | tr -d '\r' | sed -n 's/^cluster_known_nodes://p')" = 1 ]; then
    members=""
    for host in "$@"; do members="$members $host:6379"; done
    # One word a member.
    # shellcheck disable=SC2086
    redis-cli --cluster create $members --cluster-replicas 2 --cluster-yes
fi

left=60
until [ "$(state)" = ok ]; do
    left=$((left - 1))
    [ "$left" -gt 0 ] || { echo "The cluster does not serve all slots." >&2; exit 1; }
    sleep 1
done
