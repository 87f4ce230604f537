import TesseraCore
import TesseraTestKit
import TesseraTokens
import Testing

@testable import TesseraRuntime

/// Three nodes at random, with every fault of the fault model, and a checker that knows what was revoked when.
///
/// A revocation that returned, or a refusal, must hold everywhere from the bound on; except where no node that is alive knows it any
/// more and the store has lost it; or where all who know it were cut off for longer than a lease counts.
struct ClusterSimulation {
    struct Setup: Sendable, CustomStringConvertible {
        var seed: UInt64
        var groups = 1
        var keeperMissing: Set<KeeperProtection> = []
        var storeMissing: Set<SimulatedCluster.Protection> = []
        /// Whether mirrors never grow stale.
        var ignoresStaleness = false

        var description: String { "seed \(seed), \(groups) primaries" }
    }

    private struct Tracked {
        let shard: Int
        var token: MintedToken
        /// When its revocation returned, by the steady clock.
        var endedAt: Duration?
        /// When somebody was first told that it is over.
        var toldAt: Duration?
        /// Its end may have been forgotten.
        var isForgotten = false
    }

    /// What the checker has found.
    struct Finding: Sendable, Hashable {
        enum Kind: String { case acceptedAfterBound, signedOutByFailure, revived }
        let kind: Kind
        let step: Int
        let text: String
    }

    let setup: Setup
    private let cluster: SimulatedCluster
    private var nodes: [ClusterNode] = []
    private var cutSince: [Duration?] = []
    private var isPaused: [Bool] = []
    private var starts = 0
    private var sessions: [Tracked] = []
    private var random: SeededRandom
    private var step = 0
    private(set) var findings: [Finding] = []
    private(set) var accepted = 0
    private(set) var refused = 0
    private(set) var unavailable = 0
    private static let bound = Duration.seconds(2)
    private static let leaseTime = Duration.seconds(5)

    init(_ setup: Setup) throws {
        self.setup = setup
        random = SeededRandom(seed: setup.seed)
        cluster = SimulatedCluster(
            clock: ManualClock(), shards: try #require(Shards(count: 4)), groups: setup.groups,
            missing: setup.storeMissing)
        for index in 0..<3 {
            nodes.append(try makeNode(index))
            cutSince.append(nil)
            isPaused.append(false)
        }
    }

    private var steady: Duration { cluster.clock.steady }

    private mutating func makeNode(_ index: Int) throws -> ClusterNode {
        starts += 1
        let limits = setup.ignoresStaleness ? MirrorLimits(maxStaleness: .days(1)) : MirrorLimits()
        return try ClusterNode(
            "node-\(index)-\(starts)", of: cluster, limits: limits, missing: setup.keeperMissing,
            skew: .seconds(index * 6 - 6), seed: setup.seed &* 1000 &+ UInt64(starts))
    }

    private mutating func chance(_ percent: Int) -> Bool { Int.random(in: 0..<100, using: &random) < percent }
    private mutating func anyNode() -> Int { Int.random(in: 0..<nodes.count, using: &random) }

    mutating func run(steps: Int) async throws {
        await pass(.seconds(1))
        for number in 1...steps {
            step = number
            switch Int.random(in: 0..<100, using: &random) {
            case 0..<10: await signIn()
            case 10..<18: await revoke()
            case 18..<53: await use()
            case 53..<55: await writeMarks()
            case 55..<60: try await fault()
            case 60..<64: await heal()
            case 64..<72: await pass(.milliseconds(Int.random(in: 500...4000, using: &random)))
            case 72: await pass(.seconds(8))
            default: await pass(.milliseconds(Int.random(in: 10...250, using: &random)))
            }
            noteForgotten()
        }
    }

    // MARK: Time

    private mutating func pass(_ duration: Duration) async {
        var left = duration
        while left > .zero {
            let step = min(left, .milliseconds(Int.random(in: 50...200, using: &random)))
            cluster.clock.advance(by: step)
            left -= step
            for index in nodes.indices.shuffled(using: &random) where !isPaused[index] {
                await nodes[index].progress(limit: chance(20) ? 1 : .max)
            }
            noteForgotten()
        }
    }

    // MARK: People

    private mutating func signIn() async {
        let index = anyNode()
        guard !isPaused[index], let token = try? await nodes[index].signIn("user-\(sessions.count)") else { return }
        sessions.append(Tracked(shard: cluster.shards.shard(of: token.token.user), token: token))
    }

    private mutating func revoke() async {
        let index = anyNode()
        let alive = sessions.indices.filter { sessions[$0].endedAt == nil }
        guard !isPaused[index], let session = alive.randomElement(using: &random) else { return }
        do {
            try await nodes[index].revoke(sessions[session].token)
            sessions[session].endedAt = steady
        } catch {
            // It may have happened: nothing is promised either way.
            sessions[session].endedAt = .seconds(1_000_000)
        }
    }

    private mutating func use(ofLast count: Int = .max) async {
        let index = anyNode()
        guard !isPaused[index], let session = sessions.indices.suffix(count).randomElement(using: &random) else {
            return
        }
        let tracked = sessions[session]
        guard let answer = try? await nodes[index].authenticate(tracked.token.text) else {
            unavailable += 1
            return
        }
        let name = "session \(session) on node \(index) at \(steady), \(tracked)"
        switch answer {
        case .anonymous: break
        case .active(let active):
            accepted += 1
            if let endedAt = tracked.endedAt, steady > endedAt + Self.bound, !tracked.isForgotten {
                findings.append(Finding(kind: .acceptedAfterBound, step: step, text: name))
            }
            if let toldAt = tracked.toldAt, steady > toldAt + Self.bound, !tracked.isForgotten {
                findings.append(Finding(kind: .revived, step: step, text: name))
            }
            if let replacement = active.replacement { sessions[session].token = replacement }
        case .ended:
            refused += 1
            sessions[session].toldAt = tracked.toldAt ?? steady
            let record = cluster.record(of: tracked.token.token.user)
            if tracked.endedAt == nil, record[tracked.token.token.session] != nil {
                findings.append(Finding(kind: .signedOutByFailure, step: step, text: name))
            }
        }
    }

    private mutating func writeMarks() async {
        let index = anyNode()
        if !isPaused[index] { await nodes[index].node.writeMarks(all: true) }
    }

    // MARK: Faults

    private mutating func fault() async throws {
        let index = anyNode()
        let group = Int.random(in: 0..<setup.groups, using: &random)
        switch Int.random(in: 0..<11, using: &random) {
        case 0: nodes[index].connection.breakBus(after: Int.random(in: 0...2, using: &random))
        case 1: cut(index, commands: false, bus: true)
        case 2: cut(index, commands: true, bus: false)
        case 3, 4: cut(index, commands: true, bus: true)
        case 5: nodes[index].connection.silenceBus(true)
        case 6:
            isPaused[index] = true
            cutSince[index] = cutSince[index] ?? steady
        case 7:
            nodes[index].connection.breakBus()
            nodes[index] = try makeNode(index)
            cutSince[index] = nil
            isPaused[index] = false
        case 8: await crash(group)
        case 9: await isolate(group)
        default: await restart(group)
        }
    }

    private mutating func cut(_ index: Int, commands: Bool, bus: Bool) {
        nodes[index].connection.cut(commands: commands, bus: bus)
        cutSince[index] = cutSince[index] ?? steady
    }

    private mutating func heal() async {
        for index in nodes.indices {
            nodes[index].connection.cut(commands: false, bus: false)
            for group in 0..<setup.groups { nodes[index].connection.stick(to: nil, group: group) }
            isPaused[index] = false
            cutSince[index] = nil
        }
    }

    /// A primary restarts, with or without its data, and people are there while the nodes find out what it has.
    private mutating func restart(_ group: Int) async {
        cluster.restart(group, keepingData: chance(70))
        for _ in 0..<40 {
            await pass(.milliseconds(Int.random(in: 50...200, using: &random)))
            await chance(85) ? use(ofLast: 4) : writeMarks()
        }
    }

    /// A primary crashes after its replica had been cut off from it for a while.
    private mutating func crash(_ group: Int) async {
        cluster.primaries[group].cutReplica()
        for _ in 0..<Int.random(in: 0...6, using: &random) { await chance(50) ? use() : revoke() }
        await pass(.milliseconds(Int.random(in: 0...1500, using: &random)))
        cluster.failOver(group).disconnectAll()
    }

    /// A primary is cut off from its replica together with one node; the others get the replica as their primary.
    private mutating func isolate(_ group: Int) async {
        await heal()
        let old = cluster.primaries[group]
        let lonely = anyNode()
        old.cutReplica()
        old.refuseWrites(after: .milliseconds(1500))
        for index in nodes.indices where index != lonely { cut(index, commands: true, bus: true) }
        nodes[lonely].connection.stick(to: old, group: group)
        cutSince[lonely] = steady
        for _ in 0..<12 {
            await pass(.milliseconds(250))
            await chance(50) ? use() : revoke()
        }
        cluster.failOver(group)
        for index in nodes.indices where index != lonely {
            nodes[index].connection.cut(commands: false, bus: false)
            cutSince[index] = nil
        }
        for _ in 0..<20 { await chance(30) ? revoke() : use() }
    }

    /// Notes ends that nobody can be expected to know.
    private mutating func noteForgotten() {
        for index in sessions.indices where !sessions[index].isForgotten {
            guard sessions[index].endedAt != nil || sessions[index].toldAt != nil else { continue }
            let token = sessions[index].token.token
            guard !cluster.holds(.session(token.session), shard: sessions[index].shard) else { continue }
            let holders = nodes.indices.filter { nodes[$0].flow.mirror.isEnded(token.session) }
            let isReachable = holders.contains { holder in
                cutSince[holder].map { steady - $0 < Self.leaseTime } ?? true
            }
            if !isReachable { sessions[index].isForgotten = true }
        }
    }
}
