import JSON
import TesseraCore
import TesseraTestKit
import TesseraTokens
import Testing

@testable import TesseraRuntime

/// A node that starts at a store without a history cannot know whether it is new, or was emptied while others who know
/// what was revoked are about to come back.
@Suite("A node that starts at an emptied store")
struct EmptiedStoreTests {
    @Test("It lets in nothing that a node in reconnect backoff knows to be revoked, and signs nobody new out")
    func olderNodeAway() async throws {
        let (cluster, nodes) = try await SimulatedCluster.running(1)
        let old = nodes[0]
        let (revoked, other) = (try await old.signIn("ada"), try await old.signIn("bob"))
        try await old.revoke(revoked)
        old.connection.cut(commands: true, bus: true)
        cluster.restart(0, keepingData: false)
        let fresh = try ClusterNode("fresh", of: cluster, seed: 9)
        await cluster.pass(.seconds(1), [fresh])
        #expect(!fresh.isTrusted)
        #expect(fresh.flow.mirror.isServing(at: fresh.flow.clock.reading()), "its store answers")
        #expect(try await fresh.authenticate(revoked.text).active == nil)
        #expect(try await fresh.authenticate(other.text).active == nil, "its session is gone with the data")
        let new = try await fresh.signIn("cyd")
        #expect(try await fresh.authenticate(new.text).active != nil)

        old.connection.cut(commands: false, bus: false)
        await cluster.pass(.seconds(5), [fresh, old])
        #expect(fresh.isTrusted && old.isTrusted)
        #expect(try await fresh.authenticate(revoked.text).ending == .revoked, "it was written back")
        #expect(try await fresh.authenticate(new.text).active != nil)
    }

    @Test("Alone at a new store it is ready at once; several answer at once, and are ready when they vouch")
    func newDeployment() async throws {
        let shards = try #require(Shards(count: 4))
        let cluster = SimulatedCluster(clock: ManualClock(), shards: shards, groups: 2, isNew: true)
        let nodes = try (0..<3).map { try ClusterNode("node-\($0)", of: cluster, seed: UInt64($0 + 1)) }
        func isServing(_ node: ClusterNode) -> Bool { node.flow.mirror.isServing(at: node.flow.clock.reading()) }
        await cluster.pass(.milliseconds(500), [nodes[0]])
        #expect(isServing(nodes[0]))
        await cluster.pass(.milliseconds(500), nodes)
        #expect(nodes.map(isServing) == [true, false, false])
        for node in nodes { #expect(!node.isTrusted) }
        let token = try await nodes[0].signIn("ada")
        for node in nodes { #expect(try await node.authenticate(token.text).active != nil) }
        try await nodes[1].revoke(token)
        for node in nodes { #expect(try await node.authenticate(token.text).active == nil, "the store is asked") }
        await cluster.pass(.seconds(5), nodes)
        for node in nodes { #expect(node.isTrusted) }
    }

    @Test("It adopts nothing until then: a NextAuth.js token may be one whose user was revoked")
    func adoption() async throws {
        let shards = try #require(Shards(count: 4))
        let cluster = SimulatedCluster(clock: ManualClock(), shards: shards, isNew: true)
        let node = try ClusterNode("fresh", of: cluster)
        await cluster.pass(.seconds(1), [node])
        let ring = try #require(Secret(World.secret).flatMap { SecretRing([$0]) })
        let seconds = cluster.clock.now.seconds
        let text = try NextAuthMaker(ring: ring).make([
            "sub": "ada", "iat": .integer(seconds), "exp": .integer(seconds + 3600), "jti": "next-auth",
        ])
        #expect(await flowError { _ = try await node.authenticate(text) } == .unavailable)
        await cluster.pass(.seconds(5), [node])
        #expect(try await node.authenticate(text).active != nil)
    }
}
