import ClusterKit
import RedisServers
import Testing

@Suite("A replica takes the place of the primary", .timeLimit(.minutes(4)))
struct FailoverTests {
    /// The kinds of Redis that have replicas; of a given cluster there is one.
    private static let kinds: [LocalRedis.Kind] = Scene.isLocal ? [.sentinel, .cluster] : [.sentinel]

    private static func options(_ kind: LocalRedis.Kind) -> LocalCluster.Options {
        var options = LocalCluster.Options()
        options.kind = kind
        return options
    }

    @Test(
        "A failover that loses acknowledged writes loses no revocation, and signs nobody out whose session it had",
        .enabled(if: Scene.offers(.cutReplicas, .failOver, .joinReplicas)), arguments: kinds)
    func lostWrites(kind: LocalRedis.Kind) async throws {
        try await Scene.with(Self.options(kind)) { scene in
            let browsers = try await scene.newBrowsers(6)
            let victims = try await scene.newBrowsers(6)
            try await Load.on(scene, by: browsers) {
                let since = scene.recorder.now
                try await scene.cluster.cause(.cutReplicas)
                var refused: [Browser] = []
                for victim in victims {
                    let outcome = await scene.client.revoke(session: try victim.seen, at: scene.node(3))
                    if outcome == .revoked(ClientOperation.Acknowledgement(isReplicated: false)) { continue }
                    // With `min-replicas-to-write`, as containers have it, nothing is acknowledged that could be lost.
                    #expect(!Scene.isLocal && outcome == NodeFaultTests.unavailable, "\(outcome)")
                    refused.append(victim)
                }
                try await scene.cluster.cause(.failOver)
                scene.recorder.note(.storeLost(since: since, until: scene.recorder.now))
                try await scene.cluster.cause(.joinReplicas)
                try await scene.waitUntilReady()
                for victim in refused { await scene.client.revoke(session: try victim.seen, at: scene.node(3)) }
            }
            for victim in victims { try await scene.wait(victim, until: .refused) }
            await scene.expectAccepted(browsers)
        }
    }

    @Test(
        "What a replica had acknowledged survives the failover even where no node remembers it",
        .enabled(if: Scene.offers(.failOver, .killNode, .startNode)), arguments: kinds)
    func replicated(kind: LocalRedis.Kind) async throws {
        try await Scene.with(Self.options(kind)) { scene in
            let browsers = try await scene.newBrowsers(3)
            let victims = try await scene.newBrowsers(6)
            for victim in victims {
                let outcome = await scene.client.revoke(session: try victim.seen, at: scene.node(1))
                #expect(outcome == .revoked(ClientOperation.Acknowledgement(isReplicated: true)))
            }
            for node in scene.nodes { try await scene.cluster.cause(.killNode, node: node.number) }
            scene.recorder.note(.nodesForgot(at: scene.recorder.now))
            let since = scene.recorder.now
            try await scene.cluster.cause(.failOver)
            scene.recorder.note(.storeLost(since: since, until: scene.recorder.now))
            for node in scene.nodes { try await scene.cluster.cause(.startNode, node: node.number) }
            try await scene.waitUntilReady()
            for victim in victims { try await scene.wait(victim, until: .refused) }
            await scene.expectAccepted(browsers)
        }
    }

    @Test("An old primary that comes back answers nobody wrongly", .enabled(if: Scene.isLocal))
    func oldPrimary() async throws {
        var options = Self.options(.sentinel)
        options.redis.lines += ["min-replicas-to-write 1", "min-replicas-max-lag 2"]
        try await Scene.withLocal(options) { scene, cluster in
            guard case .sentinel(let servers) = cluster.redis else { return }
            let browsers = try await scene.newBrowsers(6)
            let victims = try await scene.newBrowsers(6)
            try await Load.on(scene, by: browsers) {
                let old = try await servers.primary()
                let since = scene.recorder.now
                old.pause()
                _ = try await servers.failOver()
                scene.recorder.note(.storeLost(since: since, until: scene.recorder.now))
                try await scene.waitUntilReady()
                for victim in victims { await scene.client.revoke(session: try victim.seen, at: scene.node(2)) }
                old.resume()
                try await servers.settle()
                try await scene.waitUntilReady()
            }
            for victim in victims { try await scene.wait(victim, until: .refused) }
            await scene.expectAccepted(browsers)
        }
    }

    @Test("A node that reaches nothing but an isolated old primary answers 503", .enabled(if: Scene.isLocal))
    func isolatedWithNode() async throws {
        try await Scene.withLocal(try Self.isolated()) { scene, cluster in
            let browsers = try await scene.newBrowsers(6)
            let victims = try await scene.newBrowsers(6)
            try await cluster.tieToPrimary(2, in: scene)
            try await Load.on(scene, by: browsers + victims) {
                try await cluster.isolatePrimary(in: scene)
                for victim in victims { await scene.client.revoke(session: try victim.seen, at: scene.node(1)) }
                try await scene.wait(browsers[0], until: NodeFaultTests.unavailable, at: [2])
                let late = try await scene.newBrowser(at: 3).seen
                #expect(await scene.client.revoke(session: late, at: scene.node(2)) == NodeFaultTests.unavailable)
                // Long enough for the judge to see what the node would let in.
                try await scene.pass(.seconds(3))
            }
            for victim in victims { try await scene.wait(victim, until: .refused, at: [1, 3]) }
        }
    }

    /// Sentinels that may not be asked without a password, over servers that write only with a replica.
    static func isolated(writesNeedReplica: Bool = true) throws -> LocalCluster.Options {
        var options = options(.sentinel)
        options.redis.password = "of-nobody"
        options.redis.users = [try SettingsTests.documentedUser()]
        if writesNeedReplica { options.redis.lines += ["min-replicas-to-write 1", "min-replicas-max-lag 1"] }
        return options
    }

    @Test("A primary that is cut off from its replicas neither answers nor vouches", .enabled(if: Scene.isLocal))
    func isolatedPrimary() async throws {
        var options = Self.options(.sentinel)
        options.redis.lines += ["min-replicas-to-write 1", "min-replicas-max-lag 1"]
        try await Scene.withLocal(options) { scene, _ in
            let browsers = try await scene.newBrowsers(3)
            try await Load.on(scene, by: browsers) {
                try await scene.cluster.cause(.cutReplicas)
                try await scene.wait(browsers[0], until: NodeFaultTests.unavailable)
                try await scene.cluster.cause(.joinReplicas)
                try await scene.waitUntilReady()
            }
            await scene.expectAccepted(browsers)
        }
    }
}
