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
        var options = options
        // Long, unless the test says otherwise: what a mirror lets in is looked at.
        options.environment.merge(["TESSERA_SESSION_FRESH_WINDOW": "5m", "TESSERA_SESSION_GRACE": "30s"]) { own, _ in
            own
        }
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

    @Test("Without conditions, a commit overwrites another node's, and a generation has two successors")
    func conditions() async throws {
        var options = LocalCluster.Options()
        for number in 1...3 { options.weakened[number] = "conditions" }
        options.environment["WEAKENED_FRESH_WINDOW"] = "1"
        // Two tokens of one generation and second are the same.
        options.nodeEnvironment[2] = try await ClockShift.environment(seconds: 5)
        try await Self.with(options) { scene, _ in
            try await Self.expect(.forked, in: scene) {
                let tokens = try await scene.newBrowsers(8).map(\.token)
                try await eventually("the fresh window is over") {
                    tokens.allSatisfy { scene.client.reader.freshTime(of: $0) < .seconds(-2) }
                }
                await withTaskGroup { group in
                    for token in tokens {
                        for node in scene.nodes {
                            group.addTask { _ = await scene.client.check(token, at: node) }
                        }
                    }
                }
            }
        }
    }

    @Test("Without waiting for a replica, what was said to be on one is lost with the primary")
    func replicas() async throws {
        var options = LocalCluster.Options()
        options.kind = .sentinel
        options.weakened[1] = "replicas"
        try await Self.with(options) { scene, cluster in
            let victim = try await scene.newBrowser(at: 2)
            try await cluster.redis.primaries()[0].waitForReplicas(2)
            let since = scene.recorder.now
            try await cluster.cause(.cutReplicas)
            await scene.client.revoke(session: try victim.seen, at: scene.node(1))
            for node in scene.nodes { try await cluster.cause(.killNode, node: node.number) }
            scene.recorder.note(.nodesForgot(at: scene.recorder.now))
            try await cluster.cause(.failOver)
            scene.recorder.note(.storeLost(since: since, until: scene.recorder.now))
            for node in scene.nodes { try await cluster.cause(.startNode, node: node.number) }
            try await scene.waitUntilReady()
            try await Self.passBound(in: scene)
            try await Self.expect(.replicatedLost, in: scene) { await victim.check(at: scene.node(2)) }
        }
    }

    @Test("Without asking them, the confirmation of nodes that have not heard of it is false")
    func confirmation() async throws {
        var options = LocalCluster.Options()
        options.weakened[1] = "confirmation"
        try await Self.with(options) { scene, cluster in
            let proxy = try cluster.redis.proxy(ofNode: 3)
            try await Self.expect(.acceptedAfterConfirmation, in: scene) {
                let victim = try await scene.newBrowser(at: 3)
                proxy.hold(.down)
                await scene.client.revoke(session: try victim.seen, at: scene.node(1), confirms: true)
                await victim.check(at: scene.node(3))
                proxy.release(.down)
                try await scene.waitUntilReady([3])
            }
        }
    }

    @Test("Without a 503, a store that is away signs people out")
    func unavailability() async throws {
        var options = LocalCluster.Options()
        options.weakened[2] = "unavailability"
        options.environment["WEAKENED_FRESH_WINDOW"] = "1"
        try await Self.with(options) { scene, cluster in
            let browser = try await scene.newBrowser()
            try await cluster.cause(.killRedis)
            try await Self.expect(.signedOutByFailure, in: scene) { await browser.check(at: scene.node(2)) }
        }
    }

    @Test("Without telling the others, a session that the store has lost is over on one node, and on another it is not")
    func endUnknown() async throws {
        var options = LocalCluster.Options()
        options.weakened[1] = "endUnknown"
        options.environment["WEAKENED_FRESH_WINDOW"] = "1"
        try await Self.with(options) { scene, cluster in
            let browser = try await scene.newBrowser(at: 2)
            try await cluster.cause(.emptyRedis)
            try await scene.waitUntilReady()
            try await scene.wait(browser, until: .refused, at: [1])
            try await Self.passBound(in: scene)
            try await Self.expect(.revived, in: scene) { await browser.check(at: scene.node(2)) }
        }
    }

    @Test("Where writes need no replica, an isolated old primary goes on vouching for what was revoked at the new one")
    func replicasForWrites() async throws {
        try await Self.with(try FailoverTests.isolated(writesNeedReplica: false)) { scene, cluster in
            let victim = try await scene.newBrowser()
            try await cluster.redis.primaries()[0].waitForReplicas(2)
            try await cluster.tieToPrimary(2, in: scene)
            try await cluster.isolatePrimary(in: scene)
            await scene.client.revoke(session: try victim.seen, at: scene.node(1))
            try await Self.passBound(in: scene)
            try await Self.expect(.replicatedLost, in: scene) { await victim.check(at: scene.node(2)) }
        }
    }
}
