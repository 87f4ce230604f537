import RESP
import RedisClient
import TesseraRuntime

/// Runs the steps of the store and the bus on shards.
struct ShardCalls: Sendable {
    let client: RedisClient
    let keys: Keyspace

    /// Whether messages go to sharded channels.
    var isSharded: Bool {
        if case .cluster = client.configuration.deployment { true } else { false }
    }

    /// Runs one step on a shard, wherever that is now.
    func run(_ step: Step, on shard: Int, _ arguments: [RedisArgument] = []) async throws(StoreError) -> RedisReply {
        try await PlaceCalls(client: client).run(step.script, at: keys.shard(shard), arguments)
    }

    /// The message on a shard's channel that tells of a change.
    func announcement(_ message: [UInt8], on shard: Int) -> Announcement {
        Announcement(isSharded: isSharded, channel: keys.bus(shard), message: message)
    }

    /// Does something on every one of some shards, several at a time, and returns what came of it in their order.
    ///
    /// After a failure no more are begun, and a failure is thrown.
    func onEvery<Value: Sendable>(
        of shards: some Collection<Int>, _ body: @escaping @Sendable (Int) async throws(StoreError) -> Value
    ) async throws(StoreError) -> [Value] {
        let results = await withTaskGroup(of: (shard: Int, result: Result<Value, StoreError>).self) { group in
            var results: [Int: Result<Value, StoreError>] = [:]
            var waiting = shards.makeIterator()
            for _ in 0..<Self.atOnce {
                guard let shard = waiting.next() else { break }
                group.addTask { (shard, await Self.result(of: body, on: shard)) }
            }
            var hasFailed = false
            for await (shard, result) in group {
                results[shard] = result
                if case .failure = result { hasFailed = true }
                guard !hasFailed, let next = waiting.next() else { continue }
                group.addTask { (next, await Self.result(of: body, on: next)) }
            }
            return results
        }
        // The failures first: where there is one, shards are missing.
        for case .failure(let error) in results.values { throw error }
        var values: [Value] = []
        for (_, result) in results.sorted(by: { $0.key < $1.key }) { values.append(try result.get()) }
        return values
    }

    private static let atOnce = 16

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
