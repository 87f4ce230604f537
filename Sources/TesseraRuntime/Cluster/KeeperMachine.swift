package import TesseraCore

/// The rules by which a node keeps its mirror complete: what it does about every event of the bus, and when it vouches.
///
/// Pure. For each link (one subscription to one primary):
///
///     opened → uniting → settling → following
///                 ↑          ↓          │
///                 └──────────┴──────────┘  (the store is not settled any more)
///
/// - *uniting*: the subscription stands, so nothing that is published from now on is missed. Now the whole blocklist is
///   read, and what only this node knows is written back.
/// - *settling*: this node has done its part. If the primary's history is another one than that in which its shards
///   were last settled (a failover, a restart), then acknowledged revocations may be missing there that other nodes
///   know; so it waits until every node has done its union there, or can be taken for dead. A store without any history
///   is new, or was emptied, which a node that has just started cannot tell apart: it lets the store *begin*, so that
///   the store answers, and waits all the same before it vouches.
/// - *following*: every beat that comes back on the node's own subscription proves that all that the primary accepted
///   before has been applied here: its sending time is the watermark, from which the mirror is trusted for a while.
///
/// What was published is applied whatever the state; revocations only grow. A lost link takes no trust away at once:
/// the watermark grows old by itself.
package struct KeeperMachine: Sendable {
    package enum Event: Sendable, Hashable {
        case opened(BusLink)
        case lost(BusLink)
        /// The blocklist was read and the rest written back; in which replications the shards were last settled.
        case united(BusLink, settledIn: Set<ReplicationID?>)
        case unionFailed(BusLink)
        /// The primary has taken a beat.
        case beatAccepted(UInt64, BusLink)
        case beatFailed(UInt64, BusLink)
        /// A beat has come back on the node's own subscription.
        case beatArrived(UInt64, acceptedAt: Timestamp, BusLink)
        case members(Membership, BusLink)
        case membersFailed(BusLink)
        case settled(BusLink)
        case settlingFailed(BusLink)
        /// The store answers from now on, though nobody vouches yet.
        case begun(BusLink)
        case beginningFailed(BusLink)
        case asked(ConfirmationRequest, BusLink)
        /// Time has passed.
        case tick
    }

    package enum Action: Sendable, Hashable {
        /// Read the blocklist of the link's shards, and write back what only this node knows.
        case unite(BusLink)
        case beat(BusLink, Beat)
        case listMembers(BusLink)
        /// Declare the link's shards settled in its replication.
        case settle(BusLink)
        /// Let the store, which has no history, begin one: it answers from then on.
        case begin(BusLink)
        /// Nobody vouches for these shards, but their store answers, and there is no other node to turn to.
        case leaveToStore([Int])
        /// Vouch for these shards as of the watermark.
        case trust([Int], asOf: ClockReading)
        case confirm(ConfirmationRequest, BusLink)
        case reopen(BusLink)
    }

    /// What a beat says of the node on this primary.
    package struct Beat: Sendable, Hashable {
        package let number: UInt64
        package let watermarkAge: Duration?
        package let unitedIn: ReplicationID?
    }

    package let settings: KeeperSettings
    private var links: [UInt64: KeptLink] = [:]
    /// The newest link that covers a shard.
    private var covering: [Int: UInt64] = [:]
    private var nextBeat: UInt64 = 1
    /// Nodes that had a lease when a link was lost, and may know what another primary does not.
    private var remembered: Set<NodeID> = []
    /// Whether this node has followed before, and listed the others since: then it knows who they are.
    private var hasFollowed = false
    /// Whether this node has ever vouched for anything.
    private var hasTrusted = false

    package init(settings: KeeperSettings) { self.settings = settings }

    /// The other nodes that had a lease when they were last listed, or are remembered.
    package var knownNodes: Set<NodeID> { links.values.reduce(remembered) { $0.union($1.listed) } }

    /// The links, the oldest first.
    package var openLinks: [KeptLink] { links.values.sorted { $0.link.number < $1.link.number } }

    /// The link that covers a shard, where there is one.
    package func link(covering shard: Int) -> BusLink? { covering[shard].flatMap { links[$0]?.link } }

    /// How far the clock of a link's primary is ahead of this node's, as far as that is known.
    package func clockOffset(of link: BusLink) -> Duration? { links[link.number]?.clockOffset }

    package mutating func handle(_ event: Event, at now: ClockReading) -> [Action] {
        switch event {
        case .opened(let link): open(link, at: now)
        case .lost(let link): lose(link)
        case .united(let link, let settledIn): union(of: link, settledIn: settledIn, at: now)
        case .unionFailed(let link): change(link) { $0.unionFailed(at: now) }
        case .beatAccepted(let number, let link): beatAccepted(number, link, at: now)
        case .beatFailed(let number, let link): change(link) { $0.forget(number) }
        case .beatArrived(let number, let acceptedAt, let link):
            beatArrived(number, acceptedAt: acceptedAt, link, at: now)
        case .members(let membership, let link): listed(membership, link, at: now)
        case .membersFailed(let link): change(link) { $0.isListing = false }
        case .settled(let link): settled(link, at: now)
        case .settlingFailed(let link): change(link) { $0.settlingFailed() }
        case .begun(let link): begun(link)
        case .beginningFailed(let link): change(link) { $0.beginning = .none }
        case .asked(let request, let link): asked(request, link)
        case .tick: tick(at: now)
        }
    }

    private mutating func change(_ link: BusLink, _ body: (inout KeptLink) -> Void) -> [Action] {
        guard var kept = links[link.number] else { return [] }
        body(&kept)
        links[link.number] = kept
        return []
    }

    // MARK: Links

    private mutating func open(_ link: BusLink, at now: ClockReading) -> [Action] {
        guard links[link.number] == nil else { return [] }
        links[link.number] = KeptLink(link: link, openedAt: now)
        for shard in link.shards where (covering[shard] ?? 0) < link.number { covering[shard] = link.number }
        return [.unite(link)] + beat(link.number, at: now)
    }

    private mutating func lose(_ link: BusLink) -> [Action] {
        guard let kept = links.removeValue(forKey: link.number) else { return [] }
        remembered.formUnion(kept.listed)
        for (shard, number) in covering where number == link.number { covering[shard] = nil }
        return []
    }

    // MARK: Uniting and settling

    private mutating func union(
        of link: BusLink, settledIn: Set<ReplicationID?>, at now: ClockReading
    ) -> [Action] {
        guard var kept = links[link.number], kept.phase == .uniting else { return [] }
        kept.phase = .settling(isDeclaring: false)
        links[link.number] = kept
        if settledIn == [link.replication] { return follow(link.number, at: now) }
        // The lease tells the others that this node's part is done here.
        return beat(link.number, at: now) + list(link.number)
    }

    private mutating func listed(_ membership: Membership, _ link: BusLink, at now: ClockReading) -> [Action] {
        guard var kept = links[link.number] else { return [] }
        kept.isListing = false
        kept.listedAt = now
        kept.hasCompany = membership.leases.contains { $0.node != settings.node }
        let isSettled = membership.settledIn == [link.replication]
        switch kept.phase {
        case .following where !isSettled:
            // The store was emptied under us, or shards came here from elsewhere.
            kept.phase = .uniting
            kept.beginning = .none
            links[link.number] = kept
            return [.unite(link)]
        case .following:
            kept.listed = Set(membership.leases.map(\.node)).subtracting([settings.node])
            kept.hasListed = true
            hasFollowed = true
            links[link.number] = kept
            // Whoever is remembered has had his time by now, on every primary.
            if links.values.allSatisfy({ $0.isFollowing && $0.hasListed }) { remembered = [] }
            return []
        case .settling(isDeclaring: false):
            links[link.number] = kept
            if isSettled { return follow(link.number, at: now) }
            guard mayDeclare(kept, membership, at: now) else { return begin(link.number, membership) }
            kept.phase = .settling(isDeclaring: true)
            links[link.number] = kept
            return [.settle(link)]
        case .uniting, .waiting, .settling(isDeclaring: true):
            links[link.number] = kept
            return []
        }
    }

    /// Whether every node that may know more than this primary has done its union there.
    ///
    /// Who still has a lease is waited for until it has run out. Who has none yet, but is remembered, gets the time of a
    /// lease to come. A node that remembers nobody, because it has just started, cannot know whom to wait for: it gives
    /// everybody that time, unless another node declares the shards settled before. A store without a history is no
    /// exception: it may have been emptied, and others may be about to come back to it.
    private func mayDeclare(_ kept: KeptLink, _ membership: Membership, at now: ClockReading) -> Bool {
        if settings.missing.contains(.settling) { return true }
        let leases = membership.leases.filter { $0.node != settings.node }
        let united = Set(leases.filter { $0.unitedIn == kept.link.replication }.map(\.node))
        guard leases.allSatisfy({ united.contains($0.node) }) else { return false }
        if now.steady - kept.openedAt.steady >= settings.leaseTime { return true }
        guard hasFollowed else { return false }
        return knownNodes.isSubset(of: united)
    }

    /// Lets a store begin that has no history, where this node has just started.
    ///
    /// What is in it has all been made since: so a record that is there is complete, and a session that is not there is
    /// over. Only what is made from elsewhere, by adoption, needs what older nodes know: the store refuses that so long.
    private mutating func begin(_ number: UInt64, _ membership: Membership) -> [Action] {
        guard var kept = links[number], kept.beginning == .none, !hasFollowed, membership.settledIn == [nil]
        else { return [] }
        kept.beginning = .asked
        links[number] = kept
        return [.begin(kept.link)]
    }

    private mutating func begun(_ link: BusLink) -> [Action] {
        guard var kept = links[link.number], kept.beginning == .asked else { return [] }
        kept.beginning = .done
        links[link.number] = kept
        // Where there are others, nobody needs this one before it can vouch.
        if kept.isFollowing || kept.hasCompany { return [] }
        return [.leaveToStore(link.shards.filter { covering[$0] == link.number })]
    }

    private mutating func settled(_ link: BusLink, at now: ClockReading) -> [Action] {
        guard let kept = links[link.number], kept.phase == .settling(isDeclaring: true) else { return [] }
        return follow(link.number, at: now)
    }

    private mutating func follow(_ number: UInt64, at now: ClockReading) -> [Action] {
        guard var kept = links[number] else { return [] }
        kept.phase = .following(from: nextBeat)
        let waiting = kept.unanswered
        kept.unanswered = []
        links[number] = kept
        return waiting.map { .confirm($0, kept.link) } + beat(number, at: now) + list(number)
    }

    // MARK: Beats

    private mutating func beat(_ number: UInt64, at now: ClockReading) -> [Action] {
        guard var kept = links[number], kept.noteBeat(nextBeat, at: now) else { return [] }
        links[number] = kept
        defer { nextBeat += 1 }
        return [.beat(kept.link, Beat(number: nextBeat, watermarkAge: kept.age(at: now), unitedIn: kept.unitedIn))]
    }

    private mutating func beatAccepted(_ number: UInt64, _ link: BusLink, at now: ClockReading) -> [Action] {
        if settings.missing.contains(.ownBeat) { return beatArrived(number, acceptedAt: nil, link, at: now) }
        return change(link) { $0.accepted(number, at: now) }
    }

    private mutating func beatArrived(
        _ number: UInt64, acceptedAt: Timestamp?, _ link: BusLink, at now: ClockReading
    ) -> [Action] {
        guard var kept = links[link.number] else { return [] }
        let arrived = kept.arrived(number, acceptedAt: acceptedAt, at: now)
        links[link.number] = kept
        guard let watermark = arrived else { return [] }
        let shards = link.shards.filter { covering[$0] == link.number }
        if shards.isEmpty { return [] }
        hasTrusted = true
        return [.trust(shards, asOf: watermark)]
    }

    private mutating func tick(at now: ClockReading) -> [Action] {
        var actions: [Action] = []
        for number in links.keys.sorted() {
            guard var kept = links[number] else { continue }
            if case .waiting(let since) = kept.phase, now.steady - since.steady >= settings.heartbeat {
                kept.phase = .uniting
                actions.append(.unite(kept.link))
            }
            if kept.isSilent(at: now, for: settings.limits.maxStaleness) {
                kept.startBeatsAnew()
                actions.append(.reopen(kept.link))
            }
            links[number] = kept
            if kept.isBeatDue(at: now, every: settings.heartbeat) { actions += beat(number, at: now) }
            let interval = kept.isFollowing ? settings.membersInterval : settings.heartbeat / 2
            if kept.isListDue(at: now, every: interval) { actions += list(number) }
        }
        return actions
    }

    private mutating func list(_ number: UInt64) -> [Action] {
        guard var kept = links[number], !kept.isListing else { return [] }
        kept.isListing = true
        links[number] = kept
        return [.listMembers(kept.link)]
    }

    // MARK: Confirming

    /// A request came after all that was published before it: where this node follows, it has applied that. Otherwise
    /// it answers once it does; whoever cannot wait so long has the bound. A node that has never vouched for anything
    /// may answer once it has united: it accepts nothing by itself, and will have applied that before it does.
    private mutating func asked(_ request: ConfirmationRequest, _ link: BusLink) -> [Action] {
        guard var kept = links[link.number], request.shards.allSatisfy({ covering[$0] == link.number }) else {
            return []
        }
        if kept.isFollowing || (kept.hasUnited && !hasTrusted) { return [.confirm(request, link)] }
        if kept.unanswered.count < KeptLink.unansweredLimit { kept.unanswered.append(request) }
        links[link.number] = kept
        return []
    }
}
