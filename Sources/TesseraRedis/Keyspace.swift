package import TesseraCore
import TesseraRuntime

/// The names of keys and channels.
///
/// All of a shard's begin with `tessera:{tNN}`: the part in braces decides the slot of a Redis Cluster, so that one
/// script may touch all of them.
package struct Keyspace: Sendable, Hashable {
    /// What every key and channel begins with; `tessera` unless configured.
    package let prefix: String
    /// How users are spread.
    package let shards: Shards

    /// `nil` when the prefix cannot be used: it has 1 to 64 letters, digits, `-`, `_`, `.` and `:`.
    package init?(prefix: String = "tessera", shards: Shards) {
        guard (1...64).contains(prefix.utf8.count), prefix.utf8.allSatisfy(Self.isAllowed) else { return nil }
        self.prefix = prefix
        self.shards = shards
    }

    private static func isAllowed(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x3A, 0x41...0x5A, 0x61...0x7A, 0x2D, 0x2E, 0x5F: true
        default: false
        }
    }

    /// What all keys of a shard begin with; the scripts get it as their only key.
    package func shard(_ number: Int) -> String { "\(prefix):{t\(number < 10 ? "0" : "")\(number)}" }

    /// The channel on which a shard's changes are told.
    package func bus(_ shard: Int) -> String { "\(self.shard(shard)):bus" }

    /// The channel of a node on the primary of a shard: its own beats, and answers to its requests.
    func bus(_ shard: Int, of node: NodeID) -> String { "\(bus(shard)):\(node)" }

    /// What all keys of the directory begin with.
    package var directory: String { "\(prefix):{directory}" }

    /// What the key of counted attempts begins with.
    package var attempts: String { "\(prefix):{attempts}" }

    /// Where a secret is kept for a short time.
    func secret(_ name: String) -> String { "\(prefix):secret:\(name)" }

    /// Where the deployment's facts are: the version of this layout, and the number of shards.
    package var meta: String { "\(prefix):meta" }
}
