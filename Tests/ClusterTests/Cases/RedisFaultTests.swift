import ClusterKit
import Foundation
import RedisServers
import Testing

@Suite("Redis fails under the nodes", .timeLimit(.minutes(3)))
struct RedisFaultTests {
    private static var durable: LocalCluster.Options {
        var options = LocalCluster.Options()
        options.redis.persistence = .everyWrite
        return options
    }

    @Test(
        "Redis stands still for a while: nobody is signed out, and nothing is accepted too long",
        .enabled(if: Scene.offers(.pauseRedis, .resumeRedis)), arguments: [1, 4, 10])
    func paused(seconds: Int) async throws {
        try await Scene.with { scene in
            let browsers = try await scene.newBrowsers(4)
            let (victim, late) = (try await scene.newBrowser(), try await scene.newBrowser(at: 2))
            try await Load.on(scene, by: browsers + [victim, late]) {
                await scene.client.revoke(session: try victim.seen, at: scene.node(1))
                try await scene.cluster.cause(.pauseRedis)
                async let attempt = scene.client.revoke(session: try late.seen, at: scene.node(3))
                try await scene.pass(.seconds(seconds))
                try await scene.cluster.cause(.resumeRedis)
                _ = try await attempt
                try await scene.waitUntilReady()
                // Where the attempt was not answered, it is made again: now it is.
                await scene.client.revoke(session: try late.seen, at: scene.node(3))
            }
            try await scene.wait(victim, until: .refused)
            try await scene.wait(late, until: .refused)
            await scene.expectAccepted(browsers)
        }
    }

    @Test(
        "Redis is killed and starts from its file: nobody is signed out, and what was revoked stays so",
        .enabled(if: Scene.offers(.killRedis, .restartRedis)))
    func restarted() async throws {
        try await Scene.with(Self.durable) { scene in
            let browsers = try await scene.newBrowsers(4)
            let victims = try await scene.newBrowsers(4)
            try await Load.on(scene, by: browsers + victims) {
                for victim in victims { await scene.client.revoke(session: try victim.seen, at: scene.node(2)) }
                try await scene.cluster.cause(.killRedis)
                try await scene.wait(browsers[0], until: NodeFaultTests.unavailable)
                try await scene.cluster.cause(.restartRedis)
                try await scene.waitUntilReady()
            }
            for victim in victims { try await scene.wait(victim, until: .refused) }
            await scene.expectAccepted(browsers)
            // The sessions are in the store, too, and not only in tokens.
            await scene.expectAccepted(try await scene.newBrowsers(3))
        }
    }

    @Test("Redis starts from a file that lacks the last writes: the nodes write back", .enabled(if: Scene.isLocal))
    func oldFile() async throws {
        try await Scene.withLocal { scene, cluster in
            let browsers = try await scene.newBrowsers(4)
            let victims = try await scene.newBrowsers(4)
            try await Load.on(scene, by: browsers + victims) {
                try await cluster.loseWrites(of: scene) {
                    for victim in victims { await scene.client.revoke(session: try victim.seen, at: scene.node(2)) }
                }
                try await scene.waitUntilReady()
            }
            for victim in victims { try await scene.wait(victim, until: .refused) }
            await scene.expectAccepted(browsers)
        }
    }

    @Test("A node that starts meanwhile waits for those who know what the file lacks", .enabled(if: Scene.isLocal))
    func settling() async throws {
        try await Scene.withLocal { scene, cluster in
            let victim = try await scene.newBrowser()
            try await cluster.startAlone(3, in: scene) {
                await scene.client.revoke(session: try victim.seen, at: scene.node(1))
            }
            let end = scene.recorder.now + .seconds(3)
            try await eventually("node 3 was asked for a while") {
                #expect(await !victim.check(at: scene.node(3)).isAccepted)
                return scene.recorder.now > end
            }
            for number in [1, 2] { cluster.process(number).resume() }
            try await scene.waitUntilReady()
            try await scene.wait(victim, until: .refused)
        }
    }

    @Test(
        "Redis starts again with nothing: people sign in again once, and what was revoked stays so",
        .enabled(if: Scene.offers(.killRedis, .emptyRedis)),
        arguments: Scene.isLocal ? [LocalRedis.Kind.standalone, .cluster] : [.standalone])
    func emptied(kind: LocalRedis.Kind) async throws {
        var options = LocalCluster.Options()
        options.kind = kind
        try await Scene.with(options) { scene in
            let survivors = try await scene.newBrowsers(4)
            let originals = try (0..<4).map { try scene.client.reader.makeNextAuthToken(user: "user-\($0)-\(UUID())") }
            var victims: [Browser] = []
            for original in originals {
                let presentation = await scene.client.check(original, at: scene.node(1))
                victims.append(Browser(scene.client, token: try #require(presentation.token)))
            }
            try await Load.on(scene, by: survivors + victims) {
                for victim in victims { await scene.client.revoke(session: try victim.seen, at: scene.node(2)) }
                for victim in victims { try await scene.wait(victim, until: .refused) }
                // Until the first marks are written; the next ones are not for half a minute.
                try await scene.pass(.seconds(3))
                try await scene.cluster.cause(.killRedis)
                scene.recorder.note(.storeLost(since: .zero, until: scene.recorder.now))
                // No mirror is trusted any more: then some ask the new store before they trust, and others do not.
                try await scene.wait(survivors[0], until: NodeFaultTests.unavailable)
                try await scene.cluster.cause(.emptyRedis)
                try await scene.waitUntilReady()
                // Some are told that they are signed out, soon or late; and then by all nodes, says the judge.
                try await scene.pass(.seconds(5))
            }
            // Neither their own tokens nor those that they were taken over from are let in.
            for (victim, original) in zip(victims, originals) {
                for node in scene.nodes {
                    #expect(await victim.check(at: node) == .refused)
                    #expect(await scene.client.check(original, at: node).outcome == .refused)
                }
            }
            await scene.expectAccepted(try await scene.newBrowsers(3))
        }
    }
}
