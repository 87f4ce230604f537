import RESP
package import RedisClient
import TesseraCore
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
        /// How many lasting events a shard keeps for those who have not read them.
        package var outboxLimit = 10_000
        /// How many entries of the blocklist are read in one step.
        package var pageSize = 2000

        package init() {}
    }

    let client: RedisClient
    let keys: Keyspace
    let clock: WallClock
    let options: Options
    let replication: ReplicationWait

    /// A store over a client that runs. `clock` tells which entries every write may drop along the way.
    package init(client: RedisClient, keys: Keyspace, clock: WallClock, options: Options = Options()) {
        self.client = client
        self.keys = keys
        self.clock = clock
        self.options = options
        replication = ReplicationWait(client: client, keys: keys, limit: options.replicationLimit)
    }

    /// Runs one step on a shard.
    func run(_ step: StoreScript, on shard: Int, _ arguments: [RedisArgument] = []) async throws(StoreError)
        -> RedisReply
    {
        do {
            return try await client.evaluate(step.script, keys: [RedisKey(keys.shard(shard))], arguments: arguments)
        } catch {
            throw StoreError(redis: error)
        }
    }

    /// Does something on every shard, some at a time, and returns what came of it in the order of the shards.
    ///
    /// After a failure no more are begun, and the first one is thrown.
    func onEveryShard<Value: Sendable>(
        _ body: @escaping @Sendable (Int) async throws(StoreError) -> Value
    ) async throws(StoreError) -> [Value] {
        let results = await withTaskGroup(of: (shard: Int, result: Result<Value, StoreError>).self) { group in
            var results: [Int: Result<Value, StoreError>] = [:]
            var waiting = Array(keys.shards.all.reversed())
            while results.count < keys.shards.count {
                while let shard = waiting.last, keys.shards.count - waiting.count - results.count < Self.shardsAtOnce {
                    waiting.removeLast()
                    group.addTask { (shard, await Self.result(of: body, on: shard)) }
                }
                guard let (shard, result) = await group.next() else { break }
                results[shard] = result
                if case .failure = result {
                    waiting = []
                    break
                }
            }
            for await (shard, result) in group { results[shard] = result }
            return results
        }
        var values: [Value] = []
        for (_, result) in results.sorted(by: { $0.key < $1.key }) { values.append(try result.get()) }
        return values
    }

    private static let shardsAtOnce = 16

    private static func result<Value: Sendable>(
        of body: @Sendable (Int) async throws(StoreError) -> Value, on shard: Int
    ) async -> Result<Value, StoreError> {
        do {
            return .success(try await body(shard))
        } catch {
            return .failure(error)
        }
    }
}
