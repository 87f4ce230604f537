import ClusterKit
import Foundation
import RedisServers
import Testing

@Suite("Nodes fail, restart and are cut off", .timeLimit(.minutes(3)))
struct NodeFaultTests {
    /// What a node answers that cannot tell.
    static let unavailable = ClientOperation.Outcome.unavailable(ClientOperation.Unavailability())

    @Test(
        "After kill -9 of a node the others go on, and what it revoked last counts",
        .enabled(if: Scene.offers(.killNode, .startNode)))
    func killed() async throws {
        try await Scene.with { scene in
            let browsers = try await scene.newBrowsers(6)
            let victim = try await scene.newBrowser()
            try await Load.on(scene, by: browsers) {
                try await Load.pass(60, in: scene)
                await scene.client.revoke(session: try victim.seen, at: scene.node(2))
                try await scene.cluster.cause(.killNode, node: 2)
                try await scene.wait(victim, until: .refused, at: [1, 3])
                try await Load.pass(60, in: scene)
                try await scene.cluster.cause(.startNode, node: 2)
                try await scene.waitUntilReady([2])
                try await Load.pass(60, in: scene)
            }
            #expect(await victim.check(at: scene.node(2)) == .refused)
            await scene.expectAccepted(browsers)
        }
    }

    @Test(
        "Restarting one node after the other under load signs nobody out",
        .enabled(if: Scene.offers(.stopNode, .startNode)))
    func rollingRestart() async throws {
        try await Scene.with { scene in
            let browsers = try await scene.newBrowsers(6)
            let victim = try await scene.newBrowser()
            await scene.client.revoke(session: try victim.seen, at: scene.node(1))
            try await Load.on(scene, by: browsers) {
                for node in scene.nodes {
                    try await scene.cluster.cause(.stopNode, node: node.number)
                    try await scene.cluster.cause(.startNode, node: node.number)
                    try await scene.waitUntilReady([node.number])
                }
            }
            await scene.expectAccepted(browsers)
            for node in scene.nodes { #expect(await victim.check(at: node) == .refused) }
        }
    }

    @Test(
        "A node that is cut off from Redis answers 503 and not wrongly, and the others go on",
        .enabled(if: Scene.offers(.cutNode, .joinNode)))
    func cutOff() async throws {
        try await Scene.with { scene in
            let browsers = try await scene.newBrowsers(4)
            let victims = try await scene.newBrowsers(4)
            try await Load.on(scene, by: browsers + victims) {
                try await scene.cluster.cause(.cutNode, node: 2)
                for victim in victims { await scene.client.revoke(session: try victim.seen, at: scene.node(1)) }
                try await scene.wait(victims[0], until: .refused, at: [1, 3])
                try await scene.wait(browsers[0], until: Self.unavailable, at: [2])
                #expect(await browsers[0].check(at: scene.node(3)).isAccepted)
                try await scene.cluster.cause(.joinNode, node: 2)
                try await scene.waitUntilReady([2])
            }
            for victim in victims { #expect(await victim.check(at: scene.node(2)) == .refused) }
            await scene.expectAccepted(browsers)
        }
    }

    @Test("A node whose connections fall silent stops trusting what it knows", .enabled(if: Scene.isLocal))
    func silent() async throws {
        try await Scene.withLocal { scene, cluster in
            let browsers = try await scene.newBrowsers(3)
            let victim = try await scene.newBrowser(at: 2)
            let proxy = try cluster.redis.proxy(ofNode: 2)
            try await Load.on(scene, by: browsers + [victim]) {
                proxy.hold(.down)
                await scene.client.revoke(session: try victim.seen, at: scene.node(3))
                try await scene.wait(browsers[0], until: Self.unavailable, at: [2])
                proxy.release(.down)
                try await scene.waitUntilReady([2])
            }
            #expect(await victim.check(at: scene.node(2)) == .refused)
            await scene.expectAccepted(browsers)
        }
    }

    @Test(
        "Revocations are not lost with the subscriptions that would have carried them",
        .enabled(if: Scene.offers(.cutSubscriptions)))
    func subscriptionsCut() async throws {
        try await Scene.with { scene in
            let browsers = try await scene.newBrowsers(3)
            try await Load.on(scene, by: browsers) {
                for round in 0..<8 {
                    let victims = try await scene.newBrowsers(3)
                    for victim in victims { await victim.check(at: scene.node(round % scene.nodes.count + 1)) }
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
        "A slow request on another node does not undo a sign-out", .enabled(if: Scene.isLocal),
        arguments: [TCPProxy.Direction.up, .down])
    func slowRequests(direction: TCPProxy.Direction) async throws {
        var options = LocalCluster.Options()
        options.environment["TESSERA_SESSION_FRESH_WINDOW"] = "1s"
        options.environment["TESSERA_SESSION_GRACE"] = "1s"
        try await Scene.withLocal(options) { scene, cluster in
            for _ in 0..<2 {
                let original = try scene.client.reader.makeNextAuthToken(user: "user-\(UUID().uuidString)")
                let browser = Browser(scene.client, token: original)
                await browser.check(at: scene.node(1))
                let token = browser.token
                try await eventually("the fresh window is over") { scene.client.reader.freshTime(of: token) < .zero }
                try cluster.redis.proxy(ofNode: 2).delay(direction, by: .milliseconds(400))
                let successors = try await withThrowingTaskGroup(of: String?.self) { group in
                    for index in 0..<4 {
                        let text = index.isMultiple(of: 2) ? original : token
                        group.addTask { await scene.client.check(text, at: scene.node(2)).token }
                    }
                    try await scene.client.signOut(token, at: scene.node(1))
                    return try await group.reduce(into: []) { $0.append($1) }
                }
                try cluster.redis.proxy(ofNode: 2).delay(direction, by: .zero)
                try await scene.wait(browser, until: .refused)
                for text in [original] + Set(successors.compactMap { $0 }) {
                    for node in scene.nodes { #expect(await scene.client.check(text, at: node).outcome == .refused) }
                }
            }
        }
    }

    @Test("A node whose clock is 10 s off keeps the promises", .enabled(if: Scene.isLocal), arguments: [10, -10])
    func clockOff(seconds: Int) async throws {
        var options = LocalCluster.Options()
        options.nodeEnvironment[2] = try await ClockShift.environment(seconds: seconds)
        try await Scene.withLocal(options) { scene, _ in
            let browsers = try await scene.newBrowsers(6)
            let victims = try await scene.newBrowsers(6)
            await scene.expectAccepted(browsers + victims)
            try await Load.on(scene, by: browsers) {
                for (index, victim) in victims.enumerated() {
                    await scene.client.revoke(session: try victim.seen, at: scene.node(index % 3 + 1))
                    try await scene.wait(victim, until: .refused)
                }
            }
            await scene.expectAccepted(browsers)
        }
    }
}
