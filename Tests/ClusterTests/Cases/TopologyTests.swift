import ClusterKit
import RedisServers
import Testing

/// What `SharingTests` and `NodeFaultTests` see on one server holds where Redis is several, too.
@Suite("Nodes over Sentinel and Redis Cluster", .timeLimit(.minutes(3)), .enabled(if: Scene.isLocal))
struct TopologyTests {
    private static func options(_ kind: LocalRedis.Kind) -> LocalCluster.Options {
        var options = LocalCluster.Options()
        options.kind = kind
        return options
    }

    @Test(
        "Revocations count everywhere, confirmed or not, with and without their subscriptions",
        arguments: [LocalRedis.Kind.sentinel, .cluster])
    func revocations(kind: LocalRedis.Kind) async throws {
        try await Scene.withLocal(Self.options(kind)) { scene, _ in
            // Enough users for all primaries of a Redis Cluster.
            let browsers = try await scene.newBrowsers(6)
            try await Load.on(scene, by: browsers) {
                for victim in try await scene.newBrowsers(6) {
                    await scene.client.revoke(user: try victim.seen.user, at: scene.node(2))
                    try await scene.wait(victim, until: .refused)
                }
                for victim in try await scene.newBrowsers(6) {
                    await scene.client.revoke(session: try victim.seen, at: scene.node(3), confirms: true)
                    for node in scene.nodes { #expect(await victim.check(at: node) == .refused) }
                }
                for _ in 0..<3 {
                    let victims = try await scene.newBrowsers(6)
                    async let cut: Void = scene.cluster.cause(.cutSubscriptions)
                    for victim in victims { await scene.client.revoke(session: try victim.seen, at: scene.node(1)) }
                    try await cut
                    for victim in victims { try await scene.wait(victim, until: .refused) }
                }
            }
            await scene.expectAccepted(browsers)
        }
    }

    @Test(
        "A rolling restart signs nobody out, and one token has one successor",
        arguments: [LocalRedis.Kind.sentinel, .cluster])
    func restart(kind: LocalRedis.Kind) async throws {
        try await Scene.withLocal(Self.options(kind)) { scene, _ in
            let browsers = try await scene.newBrowsers(6)
            try await Load.on(scene, by: browsers) {
                let token = try scene.client.reader.makeNextAuthToken(user: "a-user-with-many-tabs")
                try await SharingTests.present(token, times: 64, in: scene)
                for node in scene.nodes {
                    try await scene.cluster.cause(.stopNode, node: node.number)
                    try await scene.cluster.cause(.startNode, node: node.number)
                    try await scene.waitUntilReady([node.number])
                }
            }
            await scene.expectAccepted(browsers)
        }
    }

    @Test("Slots that move to another primary lose no revocation, and sign nobody out")
    func movingSlots() async throws {
        try await Scene.withLocal(Self.options(.cluster)) { scene, cluster in
            guard case .cluster(let servers) = cluster.redis else { return }
            let browsers = try await scene.newBrowsers(4)
            let victims = try await scene.newBrowsers(3)
            try await Load.on(scene, by: browsers + victims) {
                for browser in browsers.prefix(2) {
                    let move = try await servers.beginMove(ofShard: try browser.seen.shard)
                    try await scene.wait(browser, until: NodeFaultTests.unavailable)
                    try await servers.moveKeys(move)
                    try await servers.finish(move)
                    try await scene.waitUntilAccepted(browser)
                }
                for victim in victims {
                    let move = try await servers.beginMove(ofShard: try victim.seen.shard)
                    await scene.client.revoke(session: try victim.seen, at: scene.node(1))
                    try await servers.moveKeys(move)
                    await scene.client.revoke(session: try victim.seen, at: scene.node(2))
                    try await servers.finish(move)
                    try await scene.waitUntilReady()
                    try await eventually("it is revoked") {
                        let outcome = await scene.client.revoke(session: try victim.seen, at: scene.node(3))
                        if case .revoked = outcome { return true }
                        return false
                    }
                    try await scene.wait(victim, until: .refused)
                }
            }
            await scene.expectAccepted(browsers)
        }
    }
}

extension SeenToken {
    /// The shard that its session belongs to: with 64 of them, the first character of its name.
    fileprivate var shard: Int {
        get throws {
            let digits = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")
            guard let number = session.first.flatMap(digits.firstIndex(of:)) else { throw ClusterError("no session") }
            return number
        }
    }
}

extension RedisCluster {
    /// Begins to move the slot of a shard to a primary that does not have it.
    fileprivate func beginMove(ofShard shard: Int) async throws -> Move {
        let tag = "{t\(shard < 10 ? "0" : "")\(shard)}"
        guard let server = nodes.first?.server, let slot = Int(try await server.command("CLUSTER", "KEYSLOT", tag))
        else {
            throw ClusterError("no slot")
        }
        let source = try await primary(ofSlot: slot)
        guard let target = try await primaries().first(where: { $0.id != source.id }) else {
            throw ClusterError("only one primary")
        }
        return try await beginMove(ofSlot: slot, to: target)
    }
}
