package import TesseraCore

/// What connects the nodes of a cluster, and this node with what only the bus of a store can tell: the port that Redis
/// implements. A store that serves one node has none.
///
/// The bus translates; who is trusted when is decided by `KeeperMachine`. Every call but `run` ends within the bus's
/// own time limit, and either did what it says or throws; after a throw it may have happened.
package protocol ClusterBus: Sendable {
    /// How users are spread over shards; recorded in the store.
    var shards: Shards { get }

    /// Subscribes on every primary to the channels of all its shards and to this node's own channel there; reconnects,
    /// also where primaries or shards move, until it is cancelled. Throws only for what no waiting mends.
    ///
    /// Events of one link are delivered one after the other, in the order in which its primary published them, the next
    /// one when `deliver` has returned; those of different links may be delivered at the same time. What waits for
    /// delivery is bounded; where that is exceeded, the link is lost. So within a link nothing is ever missing.
    func run(_ deliver: @escaping @Sendable (BusEvent) async -> Void) async throws

    /// Writes this node's lease on a link's primary, for `leaseTime`, and publishes the lease's beat on this node's
    /// channel there, in one step. A write in any case: it fails where the primary may not accept writes.
    ///
    /// Throws where the link's primary is not, or no longer, the primary with that `replication`.
    func beat(_ lease: NodeLease, leaseTime: Duration, on link: BusLink) async throws(StoreError)

    /// One shard's whole blocklist, as far as it matters at `now`, its raised deployment epoch included; and in which
    /// replication the shard was last declared settled. Both as of one moment, or the second as of an earlier one.
    ///
    /// Throws where the link's primary is not, or no longer, the primary with that `replication`.
    func blocklist(of shard: Int, at now: Timestamp, on link: BusLink) async throws(StoreError) -> BlocklistReading

    /// Adds to a shard's blocklist what the store may have lost, ends it there, and publishes it, like
    /// `SessionStore.block`; also while the shard is not settled.
    func writeBack(_ revocations: [Revocation], of shard: Int, on link: BusLink) async throws(StoreError)

    /// Who has a lease on a link's primary now, and whether all of the link's shards are settled in its `replication`.
    func members(on link: BusLink) async throws(StoreError) -> Membership

    /// Declares all shards of a link settled in its `replication`: every node has brought what it knows.
    func settle(_ link: BusLink) async throws(StoreError)

    /// Lets the shards of a link, of which the store has no history, begin one: they answer from then on, but take no
    /// adopted sessions, and count as never settled until somebody declares them so. Does nothing where that has been
    /// done; throws where they have another history.
    func begin(_ link: BusLink) async throws(StoreError)

    /// Publishes a request for acknowledgement on the channel of the first of its shards, to all nodes.
    func ask(_ request: ConfirmationRequest, on link: BusLink) async throws(StoreError)

    /// Answers a request on the asking node's channel.
    func confirm(_ request: ConfirmationRequest, by node: NodeID, on link: BusLink) async throws(StoreError)

    /// Drops a link's subscription and subscribes anew: beats are accepted, but do not arrive.
    func reopen(_ link: BusLink) async

    /// Removes a node's leases on all primaries: it is about to stop.
    func leave(_ node: NodeID) async throws(StoreError)
}

/// What the bus has to tell.
package enum BusEvent: Sendable, Hashable {
    /// A primary has confirmed the subscription to all channels of the link.
    case opened(BusLink)
    /// Something was published there.
    case message(BusMessage, BusLink)
    /// The connection has ended, or the primary is none any more, or a shard has moved away from it. Nothing more comes
    /// of this link; what was published meanwhile will never come.
    case lost(BusLink)
}

/// One subscription to one primary, from its confirmation to its loss.
package struct BusLink: Sendable, Hashable {
    /// Never used twice by this process; later links have higher numbers.
    package let number: UInt64
    /// Names the primary, for operators: its address, or its id in a Redis Cluster.
    package let primary: String
    package let replication: ReplicationID
    /// The shards that the primary owned when the link was opened.
    package let shards: [Int]

    package init(number: UInt64, primary: String, replication: ReplicationID, shards: [Int]) {
        self.number = number
        self.primary = primary
        self.replication = replication
        self.shards = shards
    }

    package static func == (left: BusLink, right: BusLink) -> Bool { left.number == right.number }
    package func hash(into hasher: inout Hasher) { hasher.combine(number) }
}

/// Names one history of a primary's data (`master_replid`). A server that was promoted, or restarted, begins another
/// one: acknowledged writes of the one before may be missing from it.
package struct ReplicationID: Sendable, Hashable, CustomStringConvertible {
    package let text: String

    package init(_ text: String) { self.text = text }

    package var description: String { text }
}

/// What one node tells the others.
package enum BusMessage: Sendable, Hashable {
    /// Somebody changed a user's record, or ended something.
    case changed(BusChange)
    /// This node's own beat came back: `acceptedAt` by the primary's clock.
    case beat(UInt64, acceptedAt: Timestamp)
    /// A node wants to know when everything before this has been applied.
    case asked(ConfirmationRequest)
    /// A node answers a request of this one.
    case confirmed(UInt64, by: NodeID)
}

/// A change that a node made: published by the same step of the store that wrote it.
package struct BusChange: Sendable, Hashable {
    package let shard: Int
    /// The node that made it.
    package let node: NodeID
    /// Whose record it changed; `nil` where that is not known (a token), or everybody's.
    package let user: UserID?
    /// What it ended: the change's revocations, as they are on the blocklist now.
    package let revocations: [Revocation]
    /// When the store took it, by the primary's clock; for measuring only.
    package let acceptedAt: Timestamp

    package init(shard: Int, node: NodeID, user: UserID?, revocations: [Revocation], acceptedAt: Timestamp) {
        self.shard = shard
        self.node = node
        self.user = user
        self.revocations = revocations
        self.acceptedAt = acceptedAt
    }
}

/// A shard's blocklist as one primary has it.
package struct BlocklistReading: Sendable, Hashable {
    package let revocations: [Revocation]
    /// In which replication the shard was last declared settled; `nil` where it never was: the store is new, or empty.
    package let settledIn: ReplicationID?

    package init(revocations: [Revocation], settledIn: ReplicationID?) {
        self.revocations = revocations
        self.settledIn = settledIn
    }
}

/// A node's question whether everything that was published before it has been applied.
package struct ConfirmationRequest: Sendable, Hashable {
    /// Counts the asking node's requests.
    package let number: UInt64
    package let node: NodeID
    /// The shards that it is about, all of them on one primary; at least one.
    package let shards: [Int]

    package init(number: UInt64, node: NodeID, shards: [Int]) {
        self.number = number
        self.node = node
        self.shards = shards
    }
}
