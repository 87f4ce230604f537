import RESP
import TesseraCore

/// A message that a script publishes together with what it writes.
struct Announcement: Sendable, Hashable {
    /// Whether it goes to a sharded channel, as in a Redis Cluster.
    let isSharded: Bool
    let channel: String
    let message: [UInt8]

    /// As the scripts take it.
    var arguments: [RedisArgument] {
        [.string(isSharded ? "SPUBLISH" : "PUBLISH"), .string(channel), .bytes(message)]
    }

    /// As the scripts take a list of one.
    var alone: [RedisArgument] { [.integer(1)] + arguments }
}

extension [OutboxMessage] {
    /// As the scripts take them that add messages.
    ///
    /// - Parameter limit: how many the outbox keeps at most.
    func arguments(limit: Int) -> [RedisArgument] {
        [.integer(Int64(count)), .integer(Int64(limit))]
            + flatMap { [.string($0.id), .integer($0.created.milliseconds), .bytes($0.body)] }
    }
}
