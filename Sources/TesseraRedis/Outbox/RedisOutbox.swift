import RESP
package import RedisClient
package import TesseraCore
package import TesseraRuntime

/// The outbox in Redis, for all nodes: one part in each shard and one with the directory, so that a message is written in
/// the very script that changes what it tells of.
///
/// Any node takes what is due, and has it for itself until the moment that it names. A message that is with no change,
/// goes to the part with the directory.
package struct RedisOutbox: Outbox {
    /// How many messages a part keeps, unless something else is said.
    package static let messageLimit = 10_000

    private let calls: ShardCalls
    private let limit: Int

    /// An outbox over a client that runs.
    ///
    /// - Parameter limit: how many messages a part keeps.
    package init(client: RedisClient, keys: Keyspace, limit: Int = messageLimit) {
        calls = ShardCalls(client: client, keys: keys)
        self.limit = limit
    }

    /// The parts: the shards, and after them the directory's.
    private var parts: Range<Int> { 0..<calls.keys.shards.count + 1 }

    private func place(_ part: Int) -> String {
        part < calls.keys.shards.count ? calls.keys.shard(part) : calls.keys.directory
    }

    private func run(
        _ step: OutboxStep, on part: Int, _ arguments: [RedisArgument]
    ) async throws(StoreError) -> RedisReply {
        try await PlaceCalls(client: calls.client).run(step.script, at: place(part), arguments)
    }

    package func append(_ messages: [OutboxMessage]) async throws(StoreError) {
        let reply = try await run(.append, on: parts.upperBound - 1, messages.arguments(limit: limit))
        guard reply.int == 1 else { throw StoreError(.unavailable, "the outbox has \(limit) messages already") }
    }

    /// Looks at all parts, several at a time; what is due is taken from one part after the other.
    package func claim(
        _ limit: Int, until: Timestamp, at now: Timestamp
    ) async throws(StoreError) -> OutboxClaim {
        let counts = try await calls.onEvery(of: parts) { part throws(StoreError) in
            try await self.due(on: part, at: now)
        }
        var claim = OutboxClaim()
        // Beginning somewhere else each time, so that no part has to wait for a busy one to be empty.
        for part in zip(parts, counts).filter({ $0.1 > 0 }).map(\.0).shuffled() where claim.entries.count < limit {
            let left = limit - claim.entries.count
            let reply = try await run(
                .claim, on: part,
                [.integer(now.milliseconds), .integer(until.milliseconds), .integer(Int64(left))])
            guard let replies = reply.array, let leftOut = replies.first?.int else { throw .unexpected("claim") }
            claim.leftOut += leftOut
            for reply in replies.dropFirst() { claim.entries.append(try Self.entry(reply, part)) }
        }
        return claim
    }

    /// How many messages of a part are due.
    private func due(on part: Int, at now: Timestamp) async throws(StoreError) -> Int {
        let place = place(part)
        do {
            let reply = try await calls.client.execute(
                RedisCommand("ZCOUNT", "\(place):outbox", "-inf", now.milliseconds), key: RedisKey(place))
            guard let count = reply.int else { throw StoreError.unexpected("outbox") }
            return count
        } catch let error as RedisError {
            throw StoreError(redis: error)
        } catch let error as StoreError {
            throw error
        } catch {
            throw .unexpected("outbox")
        }
    }

    private static func entry(_ reply: RedisReply, _ part: Int) throws(StoreError) -> OutboxEntry {
        guard let fields = reply.array, fields.count == 4, let id = fields[0].string, let attempts = fields[2].int,
            let body = fields[3].bytes
        else { throw .unexpected("claim") }
        let message = OutboxMessage(id: id, created: try Timestamp(reply: fields[1]), body: body)
        return OutboxEntry(place: Int64(part), message: message, attempts: attempts)
    }

    package func remove(_ entries: [OutboxEntry]) async throws(StoreError) {
        for (place, entries) in Dictionary(grouping: entries, by: \.place) {
            _ = try await run(.remove, on: Int(place), entries.map { .string($0.message.id) })
        }
    }

    package func postpone(_ entry: OutboxEntry, until: Timestamp) async throws(StoreError) {
        _ = try await run(
            .postpone, on: Int(entry.place), [.string(entry.message.id), .integer(until.milliseconds)])
    }
}
