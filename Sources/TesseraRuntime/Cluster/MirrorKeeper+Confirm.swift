import TesseraCore

/// Who is certain not to accept any more what a revocation has ended.
package struct ClusterConfirmation: Sendable, Hashable {
    /// The nodes that have applied it, this one included.
    package let confirmed: [NodeID]
    /// Nodes that did not say so; they have stopped trusting what they knew before.
    package let lapsed: [NodeID]
    /// Whether that is everybody. `false` where the wait was given up.
    package let isComplete: Bool

    package init(confirmed: [NodeID], lapsed: [NodeID], isComplete: Bool) {
        self.confirmed = confirmed
        self.lapsed = lapsed
        self.isComplete = isComplete
    }
}

extension MirrorKeeper {
    /// Waits until every node has applied what was published in these shards before, or has provably stopped trusting
    /// its mirror: the longest bound of any node after now, at the latest.
    ///
    /// Why that is enough: trust is drawn from a beat of the node's own that came back. If it was sent after now, the
    /// node has applied what was published before. If it was sent before now, it counts for the bound and no longer.
    package func confirm(_ shards: [Int]) async -> ClusterConfirmation {
        var byLink: [BusLink: [Int]] = [:]
        var isCovered = true
        for shard in shards {
            if let link = look({ $0.link(covering: shard) }) {
                byLink[link, default: []].append(shard)
            } else {
                isCovered = false
            }
        }
        let links = byLink
        var all = await withTaskGroup(of: Confirmations.Answers.self) { group in
            for (link, shards) in links { group.addTask { await self.confirm(shards, on: link) } }
            if !isCovered { group.addTask { await self.waitForBound() } }
            return await group.reduce(into: []) { $0.append($1) }
        }
        // Who has not confirmed everything, has confirmed nothing.
        let silent = all.reduce(into: Set<NodeID>()) { $0.formUnion($1.silent) }
        if all.isEmpty { all.append(Confirmations.Answers()) }
        let confirmed = all.dropFirst().reduce(all[0].nodes) { $0.union($1.nodes) }.subtracting(silent)
        return ClusterConfirmation(
            confirmed: (confirmed.union([node])).sorted(), lapsed: silent.sorted(),
            isComplete: all.allSatisfy(\.isComplete))
    }

    private func confirm(_ shards: [Int], on link: BusLink) async -> Confirmations.Answers {
        let start = clock.reading().steady
        guard let number = confirmations.begin(deadline: start + settings.limits.bound) else {
            return Confirmations.Answers(isComplete: false)
        }
        do {
            try await bus.ask(ConfirmationRequest(number: number, node: node, shards: shards), on: link)
            let leases = try await bus.members(on: link).leases.filter { $0.node != node }
            let known = look { $0.knownNodes }
            let bound = leases.reduce(settings.limits.bound) { max($0, $1.bound) }
            confirmations.ask(known.union(leases.map(\.node)), number, deadline: start + bound)
        } catch {
            // Nobody can be asked, so everybody has the longest time that a lease allows for.
            confirmations.waitForDeadline(
                look { $0.knownNodes }, number, deadline: start + settings.leaseTime)
        }
        return await confirmations.wait(for: number)
    }

    private func waitForBound() async -> Confirmations.Answers {
        let deadline = clock.reading().steady + settings.leaseTime
        guard let number = confirmations.begin(deadline: deadline) else {
            return Confirmations.Answers(isComplete: false)
        }
        return await confirmations.wait(for: number)
    }
}
