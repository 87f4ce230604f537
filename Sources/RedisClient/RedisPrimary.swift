/// A server that takes writes, as the client knows it now.
package struct RedisPrimary: Sendable, Hashable {
    /// What tells it from others: its address, in a cluster its node's id.
    package let id: String
    /// Where it is.
    package let address: RedisAddress
    /// The server's `master_replid` when it was connected to: another one after a failover. `nil` where the user may
    /// not run `INFO`.
    package let replicationID: String?
    /// The slots that it has; empty without a cluster.
    package let slots: [ClosedRange<Int>]

    package init(id: String, address: RedisAddress, replicationID: String?, slots: [ClosedRange<Int>] = []) {
        self.id = id
        self.address = address
        self.replicationID = replicationID
        self.slots = slots
    }
}
