import RESP
import TesseraCore
package import RedisClient
package import TesseraRuntime

/// The lasting events of all shards: what ended, for those who must hear of it at least once (webhooks, back-channel
/// logout, audit).
///
/// A commit appends them in the step that ends something (`RedisSessionStore.Options.outboxLimit`). The nodes share them
/// as one group: an event is handed to one reader, and after `patience` to another one where the first has not finished
/// it. So it may come twice, and those it is for must bear that. A stream that nobody reads is cut at its limit, the
/// oldest first.
package struct RedisOutbox: Sendable {
    /// An event, as one reader has it.
    package struct Event: Sendable, Hashable {
        /// Names it in its shard, in the order in which the events came.
        package let id: String
        /// What was ended; `acceptedAt` is when, by the store's clock.
        package let change: BusChange
    }

    private let calls: ShardCalls
    private let group: String
    private let reader: String
    private let patience: Duration

    /// - Parameters:
    ///   - group: who the events are for; every group gets all of them.
    ///   - reader: this reader among its group's.
    ///   - patience: how long a reader has for an event.
    package init(
        client: RedisClient, keys: Keyspace, group: String, reader: NodeID, patience: Duration = .seconds(30)
    ) {
        calls = ShardCalls(client: client, keys: keys)
        self.group = group
        self.reader = reader.text
        self.patience = patience
    }

    /// Takes events of all shards, at most `limit` of each: those that others have left lying, and new ones.
    ///
    /// An event that a newer version wrote, and this one cannot read, is left to the nodes of that version.
    package func take(limit: Int = 100) async throws(StoreError) -> [Event] {
        try await calls.onEvery(of: calls.keys.shards.all) { shard throws(StoreError) in
            try await self.take(from: shard, limit: limit)
        }.flatMap { $0 }
    }

    private func take(from shard: Int, limit: Int) async throws(StoreError) -> [Event] {
        let reply = try await calls.run(
            .collect, on: shard,
            [.string(group), .string(reader), .integer(patience.milliseconds), .integer(Int64(limit))])
        guard let entries = reply.array else { throw .unexpected("collect") }
        return entries.compactMap { entry in
            guard let parts = entry.array, parts.count == 2, let id = parts[0].string, let text = parts[1].bytes,
                // The stream's own id begins with the moment.
                let moment = id.split(separator: "-").first,
                case .changed(let change) = MessageText.read(Array(moment.utf8) + [UInt8(ascii: " ")] + text)
            else { return nil }
            return Event(id: id, change: change)
        }
    }

    /// Events that were dealt with: nobody gets them any more.
    package func finish(_ events: [Event]) async throws(StoreError) {
        let byShard = Dictionary(grouping: events, by: \.change.shard)
        _ = try await calls.onEvery(of: byShard.keys.sorted()) { shard throws(StoreError) in
            let ids = (byShard[shard] ?? []).map { RedisArgument.string($0.id) }
            return try await self.calls.run(.finish, on: shard, [.string(self.group)] + ids)
        }
    }
}
