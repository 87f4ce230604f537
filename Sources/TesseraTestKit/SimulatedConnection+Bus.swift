package import TesseraCore
package import TesseraRuntime

extension SimulatedConnection: ClusterBus {
    package var shards: Shards { cluster.shards }

    /// Takes what there is, again and again.
    package func run(_ deliver: @escaping @Sendable (BusEvent) async -> Void) async throws {
        while !Task.isCancelled {
            await pump(deliver)
            try? await Task.sleep(for: .milliseconds(2))
        }
    }

    package func beat(_ lease: NodeLease, leaseTime: Duration, on link: BusLink) async throws(StoreError) {
        let until = cluster.clock.steady + leaseTime
        let now = cluster.clock.now
        try write(link) { data in
            data.leases[lease.node] = (lease, until)
            return ((), [.init(recipient: lease.node, message: .beat(lease.beat, acceptedAt: now))])
        }
    }

    package func blocklist(
        of shard: Int, at now: Timestamp, on link: BusLink
    ) async throws(StoreError) -> BlocklistReading {
        let data = try server(of: link).data
        let shards = cluster.shards
        let revocations = data.tables.revocations(at: now).filter { shards.shard(of: $0.fact) ?? shard == shard }
        return BlocklistReading(revocations: revocations, settledIn: data.settledIn(shard))
    }

    package func writeBack(_ revocations: [Revocation], of shard: Int, on link: BusLink) async throws(StoreError) {
        let change = BusChange(
            shard: shard, node: node, user: nil, revocations: revocations, acceptedAt: cluster.clock.now)
        try write(link) { data in
            for revocation in revocations { data.tables.block(revocation, now: cluster.clock.now) }
            return ((), [.init(message: .changed(change))])
        }
    }

    package func members(on link: BusLink) async throws(StoreError) -> Membership {
        let data = try server(of: link).data
        let steady = cluster.clock.steady
        return Membership(
            leases: data.leases.values.filter { $0.until > steady }.map(\.lease),
            settledIn: Set(link.shards.map { data.settledIn($0) }))
    }

    package func settle(_ link: BusLink) async throws(StoreError) {
        try write(link) { data in
            for shard in link.shards { data.settled[shard] = link.replication }
            data.begun.subtract(link.shards)
            return ((), [])
        }
    }

    package func begin(_ link: BusLink) async throws(StoreError) {
        try write(link) { data in
            for shard in link.shards where data.settled[shard] == nil {
                data.begun.insert(shard)
                data.settled[shard] = link.replication
            }
            return ((), [])
        }
        guard try server(of: link).data.settled.values.allSatisfy({ $0 == link.replication }) else {
            throw StoreError(.unsettled, "another history")
        }
    }

    package func ask(_ request: ConfirmationRequest, on link: BusLink) async throws(StoreError) {
        try write(link) { _ in ((), [.init(message: .asked(request))]) }
    }

    package func confirm(
        _ request: ConfirmationRequest, by node: NodeID, on link: BusLink
    ) async throws(StoreError) {
        try write(link) { _ in
            ((), [.init(recipient: request.node, message: .confirmed(request.number, by: node))])
        }
    }

    package func reopen(_ link: BusLink) async {
        silenceBus(false)
        breakBus()
    }

    package func leave(_ node: NodeID) async throws(StoreError) {
        for shard in shards.all {
            _ = try server(for: shard).write { data in
                data.leases[node] = nil
                return ((), [])
            }
        }
    }

    private func write<Value>(
        _ link: BusLink, _ body: (inout SimulatedServer.Data) -> (Value, [SimulatedServer.Published])
    ) throws(StoreError) {
        guard try server(of: link).write(body) != nil else { throw StoreError(.unavailable, "may not write") }
    }
}
