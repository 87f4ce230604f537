package import TesseraCore
package import TesseraTokens

/// Names one run of a node: made anew at every start.
package struct NodeID: Sendable, Hashable, Comparable, CustomStringConvertible {
    package let text: String

    /// `nil` unless it is 1 to 64 letters, digits, `-`, `_` or `.`.
    package init?(_ text: String) {
        let allowed = text.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "."):
                true
            default: false
            }
        }
        guard (1...64).contains(text.utf8.count), allowed else { return nil }
        self.text = text
    }

    /// A new name of 96 random bits.
    package init(random: RandomBytes) {
        let digits = Array("0123456789abcdef")
        text = String(random.bytes(12).flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] })
    }

    package static func < (left: NodeID, right: NodeID) -> Bool { left.text < right.text }
    package var description: String { text }
}

/// A node's entry in the membership list of one primary: written with every beat, gone when it is not renewed.
package struct NodeLease: Sendable, Hashable {
    package let node: NodeID
    /// Where operators reach it, as it is configured; empty where it has no address.
    package let address: String
    /// The version of the program.
    package let version: String
    package let startedAt: Timestamp
    /// Counts the node's beats on the link.
    package let beat: UInt64
    /// How far the watermark lay back when the lease was written; `nil` where the mirror was not trusted there.
    package let watermarkAge: Duration?
    /// In which replication the node has done its union here; `nil` while it has not, on its present link.
    package let unitedIn: ReplicationID?
    /// How long after its watermark the node trusts its mirror at most.
    package let bound: Duration
    /// The entries of its mirror.
    package let revocations: Int
    /// Its users' actors.
    package let actors: Int

    package init(
        node: NodeID, address: String, version: String, startedAt: Timestamp, beat: UInt64, watermarkAge: Duration?,
        unitedIn: ReplicationID?, bound: Duration, revocations: Int, actors: Int
    ) {
        self.node = node
        self.address = address
        self.version = version
        self.startedAt = startedAt
        self.beat = beat
        self.watermarkAge = watermarkAge
        self.unitedIn = unitedIn
        self.bound = bound
        self.revocations = revocations
        self.actors = actors
    }
}

/// The nodes that have a lease on one primary.
package struct Membership: Sendable, Hashable {
    package let leases: [NodeLease]
    /// In which replication each shard of the link was last declared settled, `nil` for never; one entry where all
    /// shards agree is enough.
    package let settledIn: Set<ReplicationID?>

    package init(leases: [NodeLease], settledIn: Set<ReplicationID?>) {
        self.leases = leases
        self.settledIn = settledIn
    }
}
