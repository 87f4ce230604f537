import ClusterKit
import Foundation
import JSON
import RedisServers
import Testing

@Suite("Nodes are one service", .timeLimit(.minutes(3)))
struct SharingTests {
    /// Ways to end somebody's session.
    enum Ending: String, Sendable, CaseIterable {
        case signOut
        case session
        case user
    }

    @Test(
        "Signed in on node 1, used on node 2, ended on node 3: refused everywhere within the bound",
        arguments: Ending.allCases)
    func ended(by ending: Ending) async throws {
        try await Scene.withShared { scene in
            for browser in try await scene.newBrowsers(5) {
                #expect(await browser.check(at: scene.node(2)).isAccepted)
                let seen = try browser.seen
                switch ending {
                case .signOut: try await scene.client.signOut(browser.token, at: scene.node(3))
                case .session: await scene.client.revoke(session: seen, at: scene.node(3))
                case .user: await scene.client.revoke(user: seen.user, at: scene.node(3))
                }
                try await scene.wait(browser, until: .refused)
            }
        }
    }

    @Test("Where all nodes have confirmed a revocation, none accepts what it named")
    func confirmed() async throws {
        try await Scene.withShared { scene in
            for browser in try await scene.newBrowsers(9) {
                for node in scene.nodes { await browser.check(at: node) }
                let outcome = await scene.client.revoke(
                    user: try browser.seen.user, at: scene.node(2), confirms: true)
                guard case .revoked(let acknowledgement) = outcome else {
                    Issue.record("\(outcome)")
                    return
                }
                #expect(acknowledgement.isConfirmed)
                for node in scene.nodes { #expect(await browser.check(at: node) == .refused) }
            }
        }
    }

    @Test("A demo user signs in on any node, and out on another")
    func signIn() async throws {
        try await Scene.withShared { scene in
            for (index, node) in scene.nodes.enumerated() {
                let browser = Browser(scene.client, token: try await scene.client.signIn(.alice, at: node))
                for other in scene.nodes { #expect(await browser.check(at: other).isAccepted) }
                let next = scene.nodes[(index + 1) % scene.nodes.count]
                try await scene.client.signOut(browser.token, at: next)
                try await scene.wait(browser, until: .refused)
            }
        }
    }

    @Test("64 requests over all nodes that bring one token of NextAuth.js make one session")
    func adoption() async throws {
        try await Scene.withShared { scene in
            let token = try scene.client.reader.makeNextAuthToken(user: "user-\(UUID().uuidString)")
            try await Self.present(token, times: 64, in: scene)
        }
    }

    @Test("64 requests over all nodes that bring one generation get one successor")
    func rotation() async throws {
        try await Scene.withShared { scene in
            let browser = try await scene.newBrowser()
            for _ in 0..<3 {
                let token = browser.token
                try await eventually("the fresh window is over") { scene.client.reader.freshTime(of: token) < .zero }
                browser.keep(try await Self.present(token, times: 64, in: scene))
                await browser.check(at: scene.node(2))
            }
            #expect(try browser.seen.generation >= 4)
        }
    }

    /// Presents a token at once so many times, at one node after the other: its successor.
    @discardableResult
    static func present(_ token: String, times: Int, in scene: Scene) async throws -> String? {
        let tokens = await withTaskGroup(of: String?.self) { group in
            for index in 0..<times {
                group.addTask { await scene.client.check(token, at: scene.nodes[index % scene.nodes.count]).token }
            }
            return await group.reduce(into: []) { $0.append($1) }
        }
        let successors = tokens.compactMap { $0 }.compactMap { scene.client.reader.read($0) }
        #expect(successors.count == times)
        #expect(Set(successors).count == 1)
        return tokens.compactMap { $0 }.first
    }

    @Test("A session that is kept alive through one node counts as used on all")
    func keepAlive() async throws {
        try await Scene.withShared { scene in
            for node in scene.nodes {
                let browser = try await scene.newBrowser()
                let seen = try browser.seen
                let before = await scene.client.lastSeen(seen, by: scene.node(1))
                try await eventually("it was seen at node \(node.number)", within: .seconds(40)) {
                    #expect(await browser.check(at: node, keepsAlive: true).isAccepted)
                    return await scene.client.lastSeen(seen, by: scene.node(1)) != before
                }
            }
        }
    }

    @Test("The balancer may send anybody anywhere", .enabled(if: ClusterVariables.given?.entry != nil))
    func balancer() async throws {
        try await Scene.withShared { scene in
            guard let entry = ClusterVariables.given?.entry else { return }
            let browser = Browser(scene.client, token: try await scene.client.signIn(.bob, at: entry))
            for _ in 0..<12 { #expect(await browser.check(at: entry).isAccepted) }
            await scene.client.revoke(session: try browser.seen, at: scene.node(2), confirms: true)
            for _ in 0..<12 { #expect(await browser.check(at: entry) == .refused) }
        }
    }

    @Test("The nodes measure what operators have to see, and how long revocations take to reach them")
    func metrics() async throws {
        try await Scene.withShared { scene in
            let victim = try await scene.newBrowser()
            await scene.client.revoke(session: try victim.seen, at: scene.node(1), confirms: true)
            for node in scene.nodes {
                Self.expectMeasures(in: await scene.client.metrics(of: node) ?? "", of: node.number)
            }
        }
    }

    private static func expectMeasures(in text: String, of number: Int) {
        let lines = text.split(whereSeparator: \.isNewline)
        for name in [
            "tessera_revocation_propagation_seconds_count ", "tessera_watermark_age_seconds ",
            "tessera_commands_total{", "tessera_reuse_total{", "tessera_store_seconds_count{",
            "tessera_mirror_entries ", "tessera_actors ", "tessera_nodes ",
        ] {
            #expect(lines.contains { $0.hasPrefix(name) }, "node \(number) has no \(name)")
        }
        let count = lines.first { $0.hasPrefix("tessera_revocation_propagation_seconds_count ") }
        let arrived = count?.split(separator: " ").last.flatMap { Int($0) } ?? 0
        #expect(arrived > 0 || number == 1, "node \(number) has heard of no revocation")
    }

    @Test("Every node knows all of them")
    func membership() async throws {
        try await Scene.withShared { scene in
            for node in scene.nodes {
                try await eventually("node \(node.number) knows the others") {
                    let status = await scene.client.status(of: node)
                    return status?["isTrusted"] == true && status?["nodes"]?.array?.count == scene.nodes.count
                }
            }
        }
    }
}
