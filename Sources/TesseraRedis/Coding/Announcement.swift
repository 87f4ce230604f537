import RESP

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

/// Lasting events that a script appends together with what it writes, and how many the stream keeps.
struct OutboxEntries: Sendable, Hashable {
    let limit: Int
    let entries: [[UInt8]]

    static let none = OutboxEntries(limit: 0, entries: [])

    /// As the scripts take a list of them.
    var arguments: [RedisArgument] {
        [.integer(Int64(entries.count))] + entries.flatMap { [.integer(Int64(limit)), .bytes($0)] }
    }
}
