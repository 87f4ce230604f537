import RESP
package import RedisClient
package import TesseraCore
package import TesseraRuntime

/// Sessions in Redis, shared by any number of nodes.
///
/// A user, his sessions, what ended of them, and the message that tells the other nodes, are in one shard, and every
/// change of them is one script. What concerns all users (ending everybody, reading the blocklist, sweeping) goes shard
/// by shard, and may be interrupted and begun again at any point.
///
/// The client is its owner's to run and to stop. A call ends within the client's time limit; a cancelled call may be
/// executed all the same.
package final class RedisSessionStore: SessionStore {
    /// Limits of a store.
    package struct Options: Sendable {
        /// How long a sweep, and the clearing away after everybody's sessions were ended, may go on.
        package var sweepLimit: Duration = .seconds(2)
        /// How long a revocation waits for a replica to have it. Zero: not at all.
        package var replicationLimit: Duration = .milliseconds(100)
        /// How many messages the outbox of a shard keeps.
        package var messageLimit = RedisOutbox.messageLimit
        /// How many entries of the blocklist are read in one step.
        package var pageSize = 2000

        package init() {}
    }

    let calls: ShardCalls
    let node: NodeID
    let clock: WallClock
    let options: Options
    let accepted: AcceptedRevocations
    private let replication: ReplicationWait

    /// A store over a client that runs.
    ///
    /// - Parameters:
    ///   - waiting: asks whether replicas have what was written; a client of its own, because its connection is kept busy
    ///     by that. The same one will do where there are no replicas.
    ///   - node: signs what is published.
    ///   - clock: tells which entries every write may drop along the way.
    ///   - accepted: takes what is written before a replica has it.
    package init(
        client: RedisClient, waiting: RedisClient? = nil, keys: Keyspace, node: NodeID, clock: WallClock,
        options: Options = Options(), accepted: AcceptedRevocations = AcceptedRevocations()
    ) {
        calls = ShardCalls(client: client, keys: keys)
        self.node = node
        self.clock = clock
        self.options = options
        self.accepted = accepted
        replication = ReplicationWait(client: waiting ?? client, keys: keys, limit: options.replicationLimit)
    }

    /// How users are spread.
    package var shards: Shards { calls.keys.shards }

    func run(_ step: Step, on shard: Int, _ arguments: [RedisArgument] = []) async throws(StoreError) -> RedisReply {
        try await calls.run(step, on: shard, arguments)
    }

    func onEveryShard<Value: Sendable>(
        _ body: @escaping @Sendable (Int) async throws(StoreError) -> Value
    ) async throws(StoreError) -> [Value] {
        try await calls.onEvery(of: shards.all, body)
    }

    /// The message that tells the other nodes of a change.
    func announcement(_ revocations: [Revocation], of user: UserID?, on shard: Int) -> Announcement {
        let message = MessageText.changed(shard: shard, node: node, user: user, revocations: revocations)
        return calls.announcement(message, on: shard)
    }

    /// How safe what was just written to some shards is: as safe as the least safe of them.
    func durability(of writes: [ShardWrite]) async -> Durability { await replication.durability(of: writes) }
}
