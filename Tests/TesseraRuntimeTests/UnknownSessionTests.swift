import JSON
import TesseraCore
import TesseraTestKit
import TesseraTokens
import Testing

@testable import TesseraRuntime

/// What becomes of sessions that the store has lost, and whose tokens are still fresh.
@Suite("Sessions that the store does not know")
struct UnknownSessionTests {
    /// Two nodes that trust their mirrors, over a store that has lost a session.
    private func lostSession() async throws -> (cluster: SimulatedCluster, nodes: [ClusterNode], token: MintedToken) {
        let (cluster, nodes) = try await SimulatedCluster.running(2)
        let token = try await nodes[0].signIn("ada")
        for node in nodes { #expect(try await node.authenticate(token.text).active != nil) }
        try await lose(cluster, nodes)
        return (cluster, nodes, token)
    }

    private func lose(_ cluster: SimulatedCluster, _ nodes: [ClusterNode]) async throws {
        cluster.restart(0, keepingData: false)
        await cluster.pass(.seconds(2), nodes)
        #expect(nodes.allSatisfy { $0.isTrusted })
    }

    @Test("Whom one node has told that his session is over, no other node lets in, though his token is fresh")
    func told() async throws {
        let (cluster, nodes, token) = try await lostSession()
        #expect(try await nodes[1].authenticate(token.text).active != nil, "nobody has asked the store yet")
        nodes[0].connection.cut(commands: false, bus: true)
        await cluster.pass(.seconds(3), nodes)
        #expect(!nodes[0].isTrusted && nodes[1].isTrusted)
        #expect(try await nodes[0].authenticate(token.text).ending == .refused(.unknown))
        await nodes[1].progress()
        #expect(try await nodes[1].authenticate(token.text).ending == .revoked)
    }

    @Test("A mark of a session that the store has lost ends it on all nodes")
    func mark() async throws {
        let (_, nodes, token) = try await lostSession()
        #expect(try await nodes[0].authenticate(token.text).active != nil)
        await nodes[0].node.writeMarks(all: true)
        #expect(try await nodes[0].authenticate(token.text).ending == .revoked)
        await nodes[1].progress()
        #expect(try await nodes[1].authenticate(token.text).ending == .revoked)
    }

    @Test("Who cannot be refused by all nodes is told 'try again', and not that his session is over")
    func untold() async throws {
        let store = InMemoryStore()
        let clock = ManualClock()
        let token = try await World(InMemoryStore(), clock: clock).signIn()
        let world = try await World(store, clock: clock, isPrepared: false)
        store.faults.fail(.block, moment: .before, times: 1)
        #expect(await flowError { _ = try await world.authenticate(token.text) } == .unavailable)
        #expect(!world.flow.mirror.isEnded(token.token.session))
        #expect(try await world.authenticate(token.text).ending == .refused(.unknown))
        #expect(try await store.revocations(at: clock.now).map(\.fact) == [.session(token.token.session)])
    }

    @Test("A mark whose session could not be ended is written again, until it could")
    func markAgain() async throws {
        let store = InMemoryStore()
        let clock = ManualClock()
        let tokens = try await parallel(40) {
            try await World(InMemoryStore(), clock: clock, seed: UInt64($0) + 2).signIn("user-\($0)")
        }
        let world = try await World(store, clock: clock)
        let known = try await world.signIn("ada")
        for token in tokens + [known] { #expect(try await world.authenticate(token.text).active != nil) }
        store.faults.fail(.block, moment: .before, times: 3)
        await world.node.writeMarks(all: false)
        let left = tokens.filter { !world.flow.mirror.isEnded($0.token.session) }
        #expect(left.count == 3)
        for token in left { #expect(try await world.authenticate(token.text).active != nil, "nobody has been told") }
        await world.node.writeMarks(all: false)
        #expect(tokens.allSatisfy { world.flow.mirror.isEnded($0.token.session) })
        #expect(try await world.authenticate(known.text).active != nil)
        store.faults.resetCounts()
        await world.node.writeMarks(all: true)
        #expect(store.faults.count(of: .mark) == 0, "nothing is left to write")
    }

    /// Ways to find out that a session is lost.
    enum Discovery: CaseIterable {
        case presenting
        case mark
    }

    @Test(
        "An adopted session that was lost is not adopted again once somebody was told, while its token counts",
        arguments: Discovery.allCases)
    func adopted(_ discovery: Discovery) async throws {
        let (cluster, nodes) = try await SimulatedCluster.running(2)
        let ring = try #require(Secret(World.secret).flatMap { SecretRing([$0]) })
        let now = cluster.clock.now.seconds
        let original = try NextAuthMaker(ring: ring)
            .make(["sub": "ada", "iat": .integer(now), "exp": .integer(now + 86400), "jti": "a-next-auth-token"])
        let token = try #require(try await nodes[0].authenticate(original).active?.replacement)
        #expect(try await nodes[1].authenticate(token.text).active != nil)
        try await lose(cluster, nodes)
        switch discovery {
        case .presenting:
            cluster.clock.advance(by: .minutes(6))
            await cluster.pass(.seconds(2), nodes)
            #expect(try await nodes[1].authenticate(token.text).ending == .refused(.unknown))
        case .mark: await nodes[1].node.writeMarks(all: true)
        }
        for _ in 0..<2 {
            await cluster.pass(.seconds(1), nodes)
            for node in nodes { #expect(try await node.authenticate(original).ending == .revoked) }
            cluster.clock.advance(by: .hours(1))
            for node in nodes { await node.node.sweep() }
        }
    }

    @Test("A reference to a session that the store has lost ends it, too")
    func reference() async throws {
        let store = InMemoryStore()
        let clock = ManualClock()
        let token = try await World(InMemoryStore(), clock: clock, format: .reference).signIn()
        let world = try await World(store, clock: clock, format: .reference)
        #expect(try await world.authenticate(token.text).ending == .refused(.unknown))
        #expect(try await store.revocations(at: clock.now).map(\.fact) == [.session(token.token.session)])
        store.faults.resetCounts()
        #expect(try await world.authenticate(token.text).ending == .revoked)
        #expect(store.faults.totalCount == 0)
    }

    @Test("When everybody's sessions are ended, no mark is left that would have to be told one by one")
    func everybody() async throws {
        let (_, nodes) = try await SimulatedCluster.running(2)
        let token = try await nodes[0].signIn("ada")
        for node in nodes { #expect(try await node.authenticate(token.text).active != nil) }
        _ = try await nodes[0].flow.endEverybody(reason: .revokedByOperator)
        await nodes[1].progress()
        for node in nodes { #expect(node.flow.marks.use(of: token.token.session) == nil) }
    }
}
