import Synchronization
import TesseraCore
import TesseraRuntime

/// A bus that does not ask the other nodes, and answers for them.
final class HastyBus: ClusterBus {
    private let base: any ClusterBus
    private let deliver = Mutex<(@Sendable (BusEvent) async -> Void)?>(nil)

    init(base: any ClusterBus) { self.base = base }

    var shards: Shards { base.shards }

    func run(_ deliver: @escaping @Sendable (BusEvent) async -> Void) async throws {
        self.deliver.withLock { $0 = deliver }
        try await base.run(deliver)
    }

    func ask(_ request: ConfirmationRequest, on link: BusLink) async throws(StoreError) {
        guard let deliver = deliver.withLock({ $0 }) else { return }
        for lease in try await base.members(on: link).leases {
            await deliver(.message(.confirmed(request.number, by: lease.node), link))
        }
    }

    func beat(_ lease: NodeLease, leaseTime: Duration, on link: BusLink) async throws(StoreError) {
        try await base.beat(lease, leaseTime: leaseTime, on: link)
    }

    func blocklist(of shard: Int, at now: Timestamp, on link: BusLink) async throws(StoreError) -> BlocklistReading {
        try await base.blocklist(of: shard, at: now, on: link)
    }

    func writeBack(_ revocations: [Revocation], of shard: Int, on link: BusLink) async throws(StoreError) {
        try await base.writeBack(revocations, of: shard, on: link)
    }

    func members(on link: BusLink) async throws(StoreError) -> Membership { try await base.members(on: link) }

    func begin(_ link: BusLink) async throws(StoreError) { try await base.begin(link) }

    func settle(_ link: BusLink) async throws(StoreError) { try await base.settle(link) }

    func confirm(_ request: ConfirmationRequest, by node: NodeID, on link: BusLink) async throws(StoreError) {
        try await base.confirm(request, by: node, on: link)
    }

    func reopen(_ link: BusLink) async { await base.reopen(link) }

    func leave(_ node: NodeID) async throws(StoreError) { try await base.leave(node) }
}
