import RESP

/// A message that a script publishes together with what it writes.
struct BusAnnouncement: Sendable, Hashable {
    /// Whether it goes to a sharded channel, as in a Redis Cluster.
    let isSharded: Bool
    let channel: String
    let message: [UInt8]

    /// As the scripts take it.
    var arguments: [RedisArgument] {
        [.string(isSharded ? "SPUBLISH" : "PUBLISH"), .string(channel), .bytes(message)]
    }
}

/// Lasting events that a script appends together with what it writes, and how many the stream keeps.
struct OutboxEntries: Sendable, Hashable {
    let limit: Int
    let entries: [[UInt8]]
}
