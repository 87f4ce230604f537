import ClusterKit
import Foundation
import RedisServers
import Testing

@Suite("Settings of several nodes", .timeLimit(.minutes(3)), .enabled(if: Scene.isLocal))
struct SettingsTests {
    @Test("A secret is changed, node by node, and nobody is signed out")
    func secrets() async throws {
        let (old, new) = ("the-secret-of-yesterday-0123456789012345", "the-secret-of-tomorrow-01234567890123456")
        var options = LocalCluster.Options()
        options.secrets = [old, new]
        options.environment["TESSERA_SECRETS"] = old
        try await Scene.withLocal(options) { scene, cluster in
            let browsers = try await scene.newBrowsers(4)
            try await Load.on(scene, by: browsers) {
                for ring in ["\(old),\(new)", "\(new),\(old)"] {
                    for process in cluster.processes {
                        try await process.stop()
                        process.change { $0.environment["TESSERA_SECRETS"] = ring }
                        try process.start()
                        try await scene.waitUntilReady([process.address.number])
                    }
                }
                // Once more through the fresh window, and every token has been sealed with the new secret.
                let newOnly = try TokenReader(secrets: [new])
                for browser in browsers {
                    try await eventually("the new secret seals") { newOnly.read(browser.token) != nil }
                }
            }
            for process in cluster.processes {
                try await process.stop()
                process.change { $0.environment["TESSERA_SECRETS"] = new }
                try process.start()
                // Nobody new comes with a token of the old one.
                try await cluster.waitUntilReady([process.address.number])
            }
            await scene.expectAccepted(browsers)
        }
    }

    @Test("A node that counts shards differently is refused, and says why; the others go on")
    func shards() async throws {
        try await Scene.withShared { scene in
            guard let cluster = scene.cluster as? LocalCluster else { return }
            var settings = NodeProcess.Settings()
            settings.environment = [
                "TESSERA_STORE": cluster.redis.url(forNode: 1), "TESSERA_SECRETS": cluster.secrets.joined(),
                "TESSERA_OPERATOR_KEY": cluster.operatorKey, "TESSERA_REDIS_SHARDS": "32",
            ]
            let stranger = try NodeProcess(number: 4, settings: settings)
            try stranger.start()
            let lines = try await stranger.end(within: .seconds(30))
            #expect(lines.contains { $0.contains("64") && $0.contains("shards") }, "\(lines)")
            await scene.expectAccepted(try await scene.newBrowsers(1))
        }
    }

    @Test("The Redis user that Operations names may do all that a node does", arguments: LocalRedis.Kind.allCases)
    func user(kind: LocalRedis.Kind) async throws {
        var options = LocalCluster.Options()
        options.kind = kind
        options.redis.users = [try Self.documentedUser()]
        // What nodes do at a new store it may do, too.
        options.beginsAnew = true
        try await Scene.withLocal(options) { scene, cluster in
            try await scene.waitUntilReady()
            for victim in try await scene.newBrowsers(3) {
                let outcome = await scene.client.revoke(session: try victim.seen, at: scene.node(1), confirms: true)
                let reached = ClientOperation.Acknowledgement(isReplicated: kind != .standalone, isConfirmed: true)
                #expect(outcome == .revoked(reached))
                for node in scene.nodes { #expect(await victim.check(at: node) == .refused) }
            }
            for server in try await cluster.redis.primaries() {
                #expect(try await server.command("ACL", "LOG") == "", "nothing was denied")
            }
        }
    }

    /// With what stands behind the password there.
    static func documentedUser() throws -> RedisServerOptions.User {
        let root = URL(filePath: #filePath).pathComponents.dropLast(4)
        let path = root.joined(separator: "/") + "/Docs/Operations.md"
        let line = try String(contentsOfFile: path, encoding: .utf8).split(whereSeparator: \.isNewline)
            .first { $0.contains("user tessera on >… ") }
        let rules = try #require(line?.split(separator: "… ").last)
        return RedisServerOptions.User("tessera", password: "of-the-tests", rules: String(rules))
    }
}
