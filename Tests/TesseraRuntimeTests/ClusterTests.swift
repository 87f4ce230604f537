import TesseraCore
import TesseraTestKit
import TesseraTokens
import Testing

@testable import TesseraRuntime

/// The promises with several nodes in one process, on a clock that the test moves. See Docs/Protocol.md.
@Suite("A cluster")
struct ClusterTests {
    private func isAccepted(_ token: MintedToken, by node: ClusterNode) async throws -> Bool {
        try await node.authenticate(token.text).active != nil
    }

    // MARK: 1

    @Test("Promise 1: what one node revoked, every other refuses as soon as it has taken what was published")
    func propagation() async throws {
        let (cluster, nodes) = try await SimulatedCluster.running()
        let token = try await nodes[0].signIn("ada")
        for node in nodes { #expect(try await isAccepted(token, by: node)) }
        try await nodes[2].revoke(token)
        #expect(try await nodes[2].authenticate(token.text).ending == .revoked)
        for node in nodes { await node.progress() }
        for node in nodes { #expect(try await node.authenticate(token.text).ending == .revoked) }
        #expect(cluster.clock.steady == .seconds(1), "no time has passed")
    }

    @Test("Promise 1: every way to revoke reaches the other nodes")
    func everyWay() async throws {
        func check(_ what: String, _ revoke: (ClusterNode, MintedToken) async throws -> Void) async throws {
            let (_, nodes) = try await SimulatedCluster.running(2, groups: 2)
            let token = try await nodes[0].signIn("ada")
            #expect(try await isAccepted(token, by: nodes[1]))
            try await revoke(nodes[0], token)
            await nodes[1].progress()
            #expect(try await nodes[1].authenticate(token.text).ending == .revoked, "\(what)")
        }
        try await check("a session") { try await $0.revoke($1) }
        try await check("sign-out") { _ = try await $0.flow.signOut($1.text, scope: .everywhere, from: World.firefox) }
        try await check("the user") { _ = try await $0.flow.endAll(of: $1.token.user, reason: .revokedByOperator) }
        try await check("everybody") { node, _ in _ = try await node.flow.endEverybody(reason: .revokedByOperator) }
        try await check("a token") { node, token in
            let until = node.flow.clock.now() + .days(1)
            _ = try await node.flow.block(token.token.id, until: until, reason: .revokedByOperator)
        }
    }

    @Test("Promise 1: a node whose bus is cut accepts until the bound, then asks the store")
    func staleMirror() async throws {
        let (cluster, nodes) = try await SimulatedCluster.running()
        let (revoked, kept) = (try await nodes[0].signIn("ada"), try await nodes[0].signIn("bob"))
        nodes[1].connection.cut(commands: false, bus: true)
        try await nodes[0].revoke(revoked)
        await cluster.pass(.milliseconds(1000), nodes)
        #expect(try await isAccepted(revoked, by: nodes[1]), "that is what the bound is for")
        await cluster.pass(.milliseconds(1125), nodes)
        #expect(!nodes[1].isTrusted)
        #expect(try await nodes[1].authenticate(revoked.text).ending == .refused(.unknown))
        #expect(try await isAccepted(kept, by: nodes[1]))
    }

    @Test("A subscription that looks alive, and through which nothing comes, is found out and opened anew")
    func silentBus() async throws {
        let (cluster, nodes) = try await SimulatedCluster.running(2)
        let token = try await nodes[0].signIn("ada")
        nodes[1].connection.silenceBus(true)
        try await nodes[0].revoke(token)
        await cluster.pass(.seconds(4), nodes)
        #expect(nodes[1].isTrusted)
        #expect(try await nodes[1].authenticate(token.text).ending == .revoked)
    }

    @Test("Shards of another primary stay trusted when one primary is gone")
    func onePrimaryOfTwo() async throws {
        let (cluster, nodes) = try await SimulatedCluster.running(1, groups: 2)
        cluster.primaries[0].refuseWrites(after: .zero)
        await cluster.pass(.seconds(3), nodes)
        let mirror = nodes[0].flow.mirror
        let now = nodes[0].flow.clock.reading()
        func verdict(_ name: String, shard: Int) throws -> Mirror.Verdict? {
            let user = try #require(UserID(name))
            guard cluster.shards.shard(of: user) % 2 == shard % 2 else { return nil }
            for number in 0..<100 {
                let id = try #require(TokenID("token-\(number)"))
                guard cluster.shards.shard(of: .token(id)).map({ $0 % 2 }) == shard % 2 else { continue }
                let facts = TokenFacts(
                    user: user, session: SessionID(high: 1, low: 2), generation: .first, userEpoch: .initial,
                    deploymentEpoch: .initial, id: id)
                return mirror.verdict(on: facts, at: now)
            }
            return nil
        }
        let names = (0..<20).map { "user-\($0)" }
        #expect(Set(try names.compactMap { try verdict($0, shard: 0) }) == [.unknown])
        #expect(Set(try names.compactMap { try verdict($0, shard: 1) }) == [.clear])
    }

    // MARK: Confirming

    @Test("confirm=cluster returns when every node has confirmed, and names them")
    func confirmation() async throws {
        let (cluster, nodes) = try await SimulatedCluster.running()
        let token = try await nodes[0].signIn("ada")
        try await nodes[0].revoke(token)
        async let confirmation = nodes[0].keeper.confirm([cluster.shards.shard(of: token.token.user)])
        try await work(nodes) { nodes[0].keeper.confirmations.count == 0 }
        let answer = await confirmation
        #expect(answer.confirmed == nodes.map(\.keeper.node).sorted() && answer.lapsed.isEmpty && answer.isComplete)
        #expect(cluster.clock.steady == .seconds(1))
        for node in nodes { #expect(try await node.authenticate(token.text).ending == .revoked) }
    }

    @Test("A node that cannot answer has lapsed when the bound has passed, and accepts nothing then")
    func lapse() async throws {
        let (cluster, nodes) = try await SimulatedCluster.running()
        let token = try await nodes[0].signIn("ada")
        nodes[2].connection.cut(commands: true, bus: true)
        try await nodes[0].revoke(token)
        async let confirmation = nodes[0].keeper.confirm(Array(cluster.shards.all))
        try await work(nodes) {
            guard nodes[0].keeper.confirmations.count > 0 else { return true }
            cluster.clock.advance(by: .milliseconds(125))
            return false
        }
        let answer = await confirmation
        #expect(answer.confirmed == [nodes[0], nodes[1]].map(\.keeper.node).sorted())
        #expect(answer.lapsed == [nodes[2].keeper.node] && answer.isComplete)
        #expect(await flowError { _ = try await nodes[2].authenticate(token.text) } == .unavailable)
    }

    /// Has nodes work until something has come about that another task has to begin first.
    private func work(_ nodes: [ClusterNode], until isDone: () -> Bool) async throws {
        let start = ContinuousClock.now
        while nodes[0].keeper.confirmations.count == 0 {
            guard ContinuousClock.now - start < .seconds(60) else { throw Unexpected() }
            await Task.yield()
        }
        while !isDone() {
            guard ContinuousClock.now - start < .seconds(60) else { throw Unexpected() }
            for node in nodes { await node.progress() }
            await Task.yield()
        }
    }

    // MARK: 2

    @Test("Promise 2: a node that is cut off answers 'try again', and nobody is signed out; healed, it goes on")
    func cutOff() async throws {
        let (cluster, nodes) = try await SimulatedCluster.running()
        let token = try await nodes[0].signIn("ada")
        nodes[0].connection.cut(commands: true, bus: true)
        await cluster.pass(.seconds(1), nodes)
        #expect(try await isAccepted(token, by: nodes[0]))
        await cluster.pass(.seconds(2), nodes)
        #expect(await flowError { _ = try await nodes[0].authenticate(token.text) } == .unavailable)
        guard case .anonymous = try await nodes[0].flow.authenticate(nil, from: World.firefox) else {
            throw Unexpected()
        }
        nodes[0].connection.cut(commands: false, bus: false)
        await cluster.pass(.seconds(1), nodes)
        #expect(nodes[0].isTrusted)
        #expect(try await isAccepted(token, by: nodes[0]))
    }

    @Test("Promise 2: availability is for a stated time, and not longer; what is known to be ended is refused")
    func availability() async throws {
        let limits = MirrorLimits(extraTrust: .seconds(30))
        let (cluster, nodes) = try await SimulatedCluster.running(2, limits: limits)
        let (token, ended) = (try await nodes[0].signIn("ada"), try await nodes[0].signIn("bob"))
        try await nodes[1].revoke(ended)
        await nodes[0].progress()
        nodes[0].connection.cut(commands: true, bus: true)
        await cluster.pass(.seconds(20), nodes)
        #expect(try await isAccepted(token, by: nodes[0]))
        #expect(try await nodes[0].authenticate(ended.text).ending == .revoked)
        await cluster.pass(.seconds(13), nodes)
        #expect(await flowError { _ = try await nodes[0].authenticate(token.text) } == .unavailable)
    }

    // MARK: 3

    @Test(
        "Promise 3: a failover that lost a revocation gets it back from the node that knows it, before anybody trusts")
    func lostWrites() async throws {
        let (cluster, nodes) = try await SimulatedCluster.running()
        let token = try await nodes[0].signIn("ada")
        let shard = cluster.shards.shard(of: token.token.user)
        await cluster.pass(.seconds(1), nodes)
        // Only node 0 hears of the revocation; the store loses it.
        nodes[1].connection.cut(commands: false, bus: true)
        nodes[2].connection.cut(commands: false, bus: true)
        cluster.primaries[0].cutReplica()
        try await nodes[0].revoke(token)
        cluster.failOver(0).disconnectAll()
        #expect(!cluster.holds(.session(token.token.session), shard: shard))
        // Node 1 comes first. Neither its mirror nor the store may answer.
        nodes[1].connection.cut(commands: false, bus: false)
        await cluster.pass(.milliseconds(2500), [nodes[1]])
        #expect(await flowError { _ = try await nodes[1].authenticate(token.text) } == .unavailable)
        nodes[2].connection.cut(commands: false, bus: false)
        await cluster.pass(.milliseconds(1000), [nodes[1], nodes[2]])
        #expect(await flowError { _ = try await nodes[2].authenticate(token.text) } == .unavailable)
        await cluster.pass(.milliseconds(1000), nodes)
        #expect(cluster.holds(.session(token.token.session), shard: shard))
        for node in nodes {
            #expect(node.isTrusted)
            #expect(try await node.authenticate(token.text).ending == .revoked)
        }
    }

    @Test("A node that died with the old primary is waited for no longer than its lease would count")
    func deadNode() async throws {
        let (cluster, nodes) = try await SimulatedCluster.running()
        cluster.failOver(0).disconnectAll()
        let living = Array(nodes.dropLast())
        await cluster.pass(.milliseconds(4500), living)
        #expect(!living.contains { $0.isTrusted })
        await cluster.pass(.milliseconds(1000), living)
        #expect(living.allSatisfy { $0.isTrusted })
    }

    @Test("Promise 3: a store that comes back empty ends its sessions once, and revives none")
    func emptyStore() async throws {
        let (cluster, nodes) = try await SimulatedCluster.running(2)
        let (token, ended) = (try await nodes[0].signIn("ada"), try await nodes[0].signIn("bob"))
        try await nodes[0].revoke(ended)
        await cluster.pass(.seconds(1), nodes)
        cluster.restart(0, keepingData: false)
        await cluster.pass(.seconds(2), nodes)
        #expect(nodes.allSatisfy { $0.isTrusted })
        for node in nodes { #expect(try await node.authenticate(ended.text).ending == .revoked) }
        let shard = cluster.shards.shard(of: ended.token.user)
        #expect(cluster.holds(.session(ended.token.session), shard: shard))
        cluster.clock.advance(by: .minutes(6))
        await cluster.pass(.seconds(2), nodes)
        #expect(try await nodes[1].authenticate(token.text).ending == .refused(.unknown))
        let again = try await nodes[1].signIn("ada")
        #expect(try await isAccepted(again, by: nodes[0]))
    }

    @Test("A node that stops takes its lease away, so that nobody waits for it")
    func leaving() async throws {
        let (cluster, nodes) = try await SimulatedCluster.running()
        await nodes[2].keeper.leave()
        let rest = Array(nodes.dropLast())
        await cluster.pass(.seconds(3), rest)
        cluster.failOver(0).disconnectAll()
        await cluster.pass(.seconds(1), rest)
        #expect(rest.allSatisfy { $0.isTrusted })
    }

    // MARK: 4 and 5

    @Test("Promise 4: all nodes at once get the same successor of one token")
    func oneSuccessor() async throws {
        let (cluster, nodes) = try await SimulatedCluster.running()
        let token = try await nodes[0].signIn("ada")
        await cluster.pass(.milliseconds(500), nodes)
        cluster.clock.advance(by: .minutes(5))
        await cluster.pass(.milliseconds(500), nodes)
        let successors = try await parallel(64) { number in
            try #require(try await nodes[number % 3].authenticate(token.text).active?.replacement).token
        }
        #expect(Set(successors.map(\.id)).count == 1)
        #expect(successors.allSatisfy { $0.generation == Generation(2) })
    }

    @Test("A node drops its copy of a record that another node has changed")
    func invalidation() async throws {
        let (cluster, nodes) = try await SimulatedCluster.running(2)
        let token = try await nodes[0].signIn("ada")
        let user = token.token.user
        _ = try await nodes[1].flow.sessions(of: user)
        #expect(await nodes[1].flow.actors[user].recentCopy(of: token.token.session) != nil)
        _ = try await nodes[0].flow.update(token.text, data: nil, from: World.firefox)
        await nodes[1].progress()
        #expect(await nodes[1].flow.actors[user].recentCopy(of: token.token.session) == nil)
        #expect(cluster.record(of: user)[token.token.session]?.generation == Generation(2))
        #expect(await nodes[0].flow.actors[user].recentCopy(of: token.token.session) != nil, "not its own changes")
    }

    @Test("Promise 5: a mark, a rotation or an update on another node does not bring back what was ended")
    func nothingComesBack() async throws {
        let (cluster, nodes) = try await SimulatedCluster.running(2)
        let token = try await nodes[0].signIn("ada")
        #expect(try await isAccepted(token, by: nodes[1]))
        nodes[1].connection.cut(commands: false, bus: true)
        try await nodes[0].revoke(token)
        await nodes[1].node.writeMarks(all: true)
        cluster.clock.advance(by: .minutes(5))
        await cluster.pass(.seconds(1), nodes)
        #expect(try await nodes[1].authenticate(token.text).active == nil)
        #expect(try await nodes[1].flow.update(token.text, data: nil, from: World.firefox).active == nil)
        #expect(cluster.record(of: token.token.user).sessions.isEmpty)
    }

    // MARK: Measures

    @Test("How long a revocation took is measured by the primary's clock, whatever the node's own says")
    func propagationTime() async throws {
        let shards = try #require(Shards(count: 4))
        let cluster = SimulatedCluster(clock: ManualClock(), shards: shards)
        let nodes = [
            try ClusterNode("a", of: cluster, skew: .seconds(7)), try ClusterNode("b", of: cluster, skew: .seconds(-7)),
        ]
        await cluster.pass(.seconds(1), nodes)
        let token = try await nodes[0].signIn("ada")
        try await nodes[0].revoke(token)
        cluster.clock.advance(by: .milliseconds(40))
        await nodes[1].progress()
        let times = try #require(nodes[1].keeper.propagation.summary)
        #expect(times.count == 1 && times.maximum == .milliseconds(40))
        #expect(nodes[0].keeper.propagation.summary == nil)
    }

    @Test("The status shows links, nodes and their state")
    func status() async throws {
        let (_, nodes) = try await SimulatedCluster.running(3, groups: 2)
        let status = await nodes[1].keeper.status()
        #expect(status.links.count == 2 && status.links.allSatisfy { $0.state == "following" && $0.shards == 2 })
        #expect(status.leases?.map(\.node) == nodes.map(\.keeper.node).sorted())
        #expect(status.leases?.allSatisfy { $0.watermarkAge != nil } == true)
    }

    @Test("It runs by itself: a keeper in a running node follows, and leaves when it is told to stop")
    func running() async throws {
        let cluster = SimulatedCluster(clock: ManualClock(), shards: .single)
        let node = try ClusterNode("a", of: cluster)
        let running = Task { try await node.node.run() }
        try await eventually("trusted") { node.isTrusted }
        let token = try await node.signIn("ada")
        #expect(try await isAccepted(token, by: node))
        running.cancel()
        try await running.value
        #expect(cluster.primaries[0].members.isEmpty)
    }
}
