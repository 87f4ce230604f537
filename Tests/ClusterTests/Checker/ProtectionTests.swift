import ClusterKit
import Foundation
import RedisServers
import Testing

/// That the checker can fail on a real cluster: a protection is taken away, and it has to find what is broken then.
@Suite("Without a protection the checker finds what is broken", .timeLimit(.minutes(3)), .enabled(if: Scene.isLocal))
struct ProtectionTests {
    private static let checker = HistoryChecker()

    /// A cluster, and a client whose history is judged by the test itself.
    private static func with(
        _ options: LocalCluster.Options = LocalCluster.Options(), _ body: (Scene, LocalCluster) async throws -> Void
    ) async throws {
        try await LocalCluster.with(options) { cluster in
            let recorder = Recorder()
            try await body(Scene(cluster: cluster, recorder: recorder, client: try cluster.client(recorder)), cluster)
        }
    }

    /// Waits until what was revoked before this call must not be accepted any more. The first acceptance may be the only
    /// one: the node hears of it when it writes the mark.
    private static func passBound(in scene: Scene) async throws {
        let end = scene.recorder.now + checker.bound
        try await eventually("the bound has passed") { scene.recorder.now > end }
    }

    /// Waits until the history shows this.
    private static func expect(
        _ kind: Violation.Kind, in scene: Scene, when body: () async throws -> Void
    ) async throws {
        try await eventually("the checker finds \(kind)", within: .seconds(15)) {
            try await body()
            return Self.checker.violations(in: scene.recorder.soFar).contains { $0.kind == kind }
        }
    }

    @Test("Without an end of trust, a node that is cut off accepts what was revoked")
    func staleness() async throws {
        var options = LocalCluster.Options()
        options.nodeEnvironment[2] = ["TESSERA_CLUSTER_MAX_STALENESS": "60s"]
        try await Self.with(options) { scene, cluster in
            let victim = try await scene.newBrowser()
            try await cluster.cause(.cutNode, node: 2)
            await scene.client.revoke(session: try victim.seen, at: scene.node(1))
            try await Self.expect(.acceptedAfterBound, in: scene) { await victim.check(at: scene.node(2)) }
        }
    }

    @Test("Without reading the blocklist, a node that was away accepts what was revoked meanwhile")
    func reading() async throws {
        var options = LocalCluster.Options()
        options.weakened[2] = "reading"
        try await Self.with(options) { scene, cluster in
            let victim = try await scene.newBrowser()
            try await cluster.cause(.killNode, node: 2)
            await scene.client.revoke(session: try victim.seen, at: scene.node(1))
            try await cluster.cause(.startNode, node: 2)
            try await scene.waitUntilReady([2])
            try await Self.passBound(in: scene)
            try await Self.expect(.acceptedAfterBound, in: scene) { await victim.check(at: scene.node(2)) }
        }
    }

    @Test("Without settling, a node trusts a Redis that lacks what the others know")
    func settling() async throws {
        var options = LocalCluster.Options()
        options.weakened[3] = "settling"
        try await Self.with(options) { scene, cluster in
            let victim = try await scene.newBrowser()
            try await cluster.startAlone(3, in: scene) {
                await scene.client.revoke(session: try victim.seen, at: scene.node(1))
                try await Self.passBound(in: scene)
            }
            try await Self.expect(.acceptedAfterBound, in: scene) { await victim.check(at: scene.node(3)) }
            for number in [1, 2] { cluster.process(number).resume() }
        }
    }

    @Test("Without writing back, what an emptied Redis has lost is accepted by the next node that starts")
    func writingBack() async throws {
        var options = LocalCluster.Options()
        for number in 1...3 { options.weakened[number] = "writingBack" }
        try await Self.with(options) { scene, cluster in
            let victim = try await scene.newBrowser()
            await scene.client.revoke(session: try victim.seen, at: scene.node(1))
            try await scene.wait(victim, until: .refused)
            try await cluster.cause(.emptyRedis)
            try await cluster.cause(.killNode, node: 3)
            try await cluster.cause(.startNode, node: 3)
            try await scene.waitUntilReady()
            try await Self.passBound(in: scene)
            try await Self.expect(.acceptedAfterBound, in: scene) { await victim.check(at: scene.node(3)) }
        }
    }

    @Test("Where the store loses sessions, the checker sees people signed out, and a generation made twice")
    func lostSessions() async throws {
        var options = LocalCluster.Options()
        options.environment["TESSERA_SESSION_FRESH_WINDOW"] = "1s"
        options.environment["TESSERA_SESSION_GRACE"] = "1s"
        try await Self.with(options) { scene, cluster in
            let browser = try await scene.newBrowser()
            let original = try scene.client.reader.makeNextAuthToken(user: "user-\(UUID().uuidString)")
            _ = await scene.client.check(original, at: scene.node(1))
            // With its marks: one that came to nothing would end the session, and there would be no fork.
            try await cluster.cause(.killNode, node: 1)
            try await cluster.cause(.emptyRedis)
            try await cluster.cause(.startNode, node: 1)
            try await scene.waitUntilReady()
            try await Self.expect(.signedOutByFailure, in: scene) { await browser.check(at: scene.node(2)) }
            // A generation that is made twice within a second is the same token: tokens tell the time in seconds.
            try await scene.pass(.seconds(1))
            try await Self.expect(.forked, in: scene) { _ = await scene.client.check(original, at: scene.node(3)) }
        }
    }
}
