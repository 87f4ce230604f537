internal import NIOCore
internal import RESP

/// Which server a command goes to: the layer above `ConnectionPool` (the connections to one address) and below
/// `RedisClient` (which sends, follows redirections, and measures).
///
/// Standalone has one pool. Sentinel has one that is replaced after a failover. Cluster has one for each primary.
/// Pools are made with `ConnectionPool(…)` and live while their `run` runs, as children of the topology's `run`.
/// Single questions to a server go over `Connector.connect(to:handshake:)`, which gives a `Connection` of its own.
protocol RedisTopology: Sendable {
    /// Keeps the pools and what is known of the servers, until it is cancelled.
    func run() async

    /// Where a command about that key goes now; without a key, any primary. Waits while the servers are first looked
    /// for, until the deadline; fails at once when they are known not to be there.
    func pool(for key: RedisKey?, _ timing: Timing) async throws(RedisError) -> ConnectionPool

    /// Where a server's error sends a command, after a wait where one is due; `nil` where the error is the caller's.
    /// `attempt` counts from 1.
    func redirection(
        after error: RedisServerError, from pool: ConnectionPool, key: RedisKey?, attempt: Int, _ timing: Timing
    ) async throws(RedisError) -> Redirection?

    /// The primaries as they are known now, waiting for them as `pool(for:)` does.
    func primaries(_ timing: Timing) async throws(RedisError) -> [RedisPrimary]

    /// The primary that has the key.
    func primary(for key: RedisKey, _ timing: Timing) async throws(RedisError) -> RedisPrimary

    /// The pool of a primary that is still one; `redis_not_primary` otherwise.
    func pool(of primary: RedisPrimary) throws(RedisError) -> ConnectionPool

    /// Where to subscribe to a channel.
    func subscriptionAddress(
        for channel: String, _ kind: RedisSubscription.Kind, _ timing: Timing
    ) async throws(RedisError) -> RedisAddress

    /// Returns when one of the channels has to be subscribed to elsewhere, or the task is cancelled.
    func waitUntilMoved(_ channels: [String], _ kind: RedisSubscription.Kind, from address: RedisAddress) async

    /// A subscription has ended, or a server does not do what a primary does: what is known of the servers may be out
    /// of date.
    func suspect(_ error: RedisError, at address: RedisAddress)

    /// Whose changes are told. Publish to it whenever `primaries` would answer otherwise than before.
    var changes: TopologyChanges { get }

    /// How many commands are under way, over all pools.
    var commandCount: Int { get }

    /// Takes no more commands and returns when those under way are answered.
    func drain() async

    /// Refuses everything from now on, at once.
    func close()
}

/// Where a command goes after a server's error.
struct Redirection: Sendable {
    let pool: ConnectionPool
    /// The command is preceded by `ASKING`.
    let isAsking: Bool

    init(_ pool: ConnectionPool, isAsking: Bool = false) {
        self.pool = pool
        self.isAsking = isAsking
    }
}
