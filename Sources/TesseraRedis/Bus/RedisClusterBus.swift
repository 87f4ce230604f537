package import Logging
import RESP
package import RedisClient
import Synchronization
package import TesseraCore
package import TesseraRuntime

/// The bus between nodes, over the pub/sub of the primaries that also hold the sessions.
///
/// Every step that belongs to a link says in which history (`master_replid`) the primary has to be, and the script
/// compares: what is meant for one history never happens in another. What is about a whole primary (leases, requests) is
/// kept under the first of the link's shards.
package final class RedisClusterBus: ClusterBus {
    let calls: ShardCalls
    let node: NodeID
    let clock: WallClock
    let logger: Logger
    let links = Mutex(OpenLinks())
    /// How many entries of the blocklist are read in one step.
    private let pageSize: Int

    /// A bus over a client that runs. `node` names this node's own channels.
    package init(
        client: RedisClient, keys: Keyspace, node: NodeID, clock: WallClock, pageSize: Int = 2000, logger: Logger
    ) {
        calls = ShardCalls(client: client, keys: keys)
        self.node = node
        self.clock = clock
        self.pageSize = pageSize
        self.logger = logger
    }

    package var shards: Shards { calls.keys.shards }

    // MARK: Leases

    package func beat(_ lease: NodeLease, leaseTime: Duration, on link: BusLink) async throws(StoreError) {
        guard let home = link.home else { return }
        let beat = Announcement(
            isSharded: calls.isSharded, channel: calls.keys.bus(home, of: lease.node),
            message: MessageText.beat(lease.beat))
        let head: [RedisArgument] = [
            .string(link.replication.text), .string(lease.node.text), .integer(leaseTime.milliseconds),
        ]
        _ = try await calls.run(.beat, on: home, head + beat.alone + LeaseFields.arguments(lease))
    }

    package func members(on link: BusLink) async throws(StoreError) -> Membership {
        guard let home = link.home else { return Membership(leases: [], settledIn: []) }
        let reply = try await calls.run(.members, on: home, [.string(link.replication.text)])
        guard let entries = reply.array else { throw .unexpected("members") }
        var leases: [NodeLease] = []
        for entry in entries { leases.append(try LeaseFields.read(entry)) }
        let settled = try await calls.onEvery(of: link.shards) { shard throws(StoreError) in
            try await self.calls.run(.settled, on: shard).string.map { ReplicationID($0) }
        }
        return Membership(leases: leases, settledIn: Set(settled))
    }

    package func leave(_ node: NodeID) async throws(StoreError) {
        let homes = try await calls.shardsByPrimary().compactMap(\.value.first)
        _ = try await calls.onEvery(of: homes) { shard throws(StoreError) in
            try await self.calls.run(.leave, on: shard, [.string(node.text)])
        }
    }

    // MARK: Union

    package func blocklist(
        of shard: Int, at now: Timestamp, on link: BusLink
    ) async throws(StoreError) -> BlocklistReading {
        let list = try await calls.blocklist(of: shard, at: now, pageSize: pageSize, in: link.replication)
        let everybody = list.deployment.revocation.map { [$0] } ?? []
        return BlocklistReading(revocations: list.revocations + everybody, settledIn: list.settledIn)
    }

    package func writeBack(
        _ revocations: [Revocation], of shard: Int, on link: BusLink
    ) async throws(StoreError) {
        for start in stride(from: 0, to: revocations.count, by: Self.writtenBackPerStep) {
            let part = Array(revocations[start..<min(start + Self.writtenBackPerStep, revocations.count)])
            let message = MessageText.changed(shard: shard, node: node, user: nil, revocations: part)
            try await calls.block(
                part, on: shard, now: clock.now(), message: calls.announcement(message, on: shard),
                in: link.replication)
        }
    }

    /// How many revocations one script takes: about a millisecond of the server's time.
    private static let writtenBackPerStep = 200

    package func settle(_ link: BusLink) async throws(StoreError) {
        _ = try await calls.onEvery(of: link.shards) { shard throws(StoreError) in
            try await self.calls.run(.declare, on: shard, [.string(link.replication.text)])
        }
    }

    package func begin(_ link: BusLink) async throws(StoreError) {
        _ = try await calls.onEvery(of: link.shards) { shard throws(StoreError) in
            try await self.calls.run(.begin, on: shard, [.string(link.replication.text)])
        }
    }

    // MARK: Confirming

    package func ask(_ request: ConfirmationRequest, on link: BusLink) async throws(StoreError) {
        // Every node that follows this primary hears each of its shards' channels, and in order.
        guard let shard = request.shards.first ?? link.home else { return }
        let message = calls.announcement(MessageText.asked(request), on: shard)
        _ = try await calls.run(.publish, on: shard, [.string(link.replication.text)] + message.alone)
    }

    package func confirm(
        _ request: ConfirmationRequest, by node: NodeID, on link: BusLink
    ) async throws(StoreError) {
        guard let home = link.home else { return }
        let answer = Announcement(
            isSharded: calls.isSharded, channel: calls.keys.bus(home, of: request.node),
            message: MessageText.confirmed(request, by: node))
        _ = try await calls.run(.publish, on: home, [.string(link.replication.text)] + answer.alone)
    }
}

extension BusLink {
    /// The shard under which is kept what is about the whole primary.
    var home: Int? { shards.min() }
}
