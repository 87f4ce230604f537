import ClusterKit
import Foundation
import RedisServers
import Testing

/// What a case has at hand: a cluster, a client that writes everything down, and the judgement at the end.
struct Scene: Sendable {
    let cluster: any ClusterUnderTest
    let recorder: Recorder
    let client: ClusterClient

    /// Whether the cluster that the suite runs against can do these things.
    static func offers(_ faults: Fault...) -> Bool { ClusterVariables.given?.offers(faults) ?? true }

    /// Whether the suite starts its own processes, and so can set them up as it likes.
    static let isLocal = ClusterVariables.given == nil

    /// For cases that leave the cluster as it was.
    private static let shared = SharedServer { try await LocalCluster.start() }

    /// Runs a case that leaves the cluster as it was.
    static func withShared(_ body: (Scene) async throws -> Void) async throws {
        guard let variables = ClusterVariables.given else {
            return try await run(try await shared.value, body)
        }
        try await run(GivenCluster(variables), body)
    }

    /// Runs a case that disturbs the cluster, and puts it in order again.
    static func with(
        _ options: LocalCluster.Options = LocalCluster.Options(), _ body: (Scene) async throws -> Void
    ) async throws {
        guard let variables = ClusterVariables.given else {
            return try await withLocal(options) { scene, _ in try await body(scene) }
        }
        try await run(GivenCluster(variables), body)
    }

    /// Runs a case that needs processes of its own.
    static func withLocal(
        _ options: LocalCluster.Options = LocalCluster.Options(), _ body: (Scene, LocalCluster) async throws -> Void
    ) async throws {
        try await LocalCluster.with(options) { cluster in
            try await run(cluster) { try await body($0, cluster) }
        }
    }

    /// The verdict is given also where a case fails before its end.
    private static func run(_ cluster: any ClusterUnderTest, _ body: (Scene) async throws -> Void) async throws {
        let recorder = Recorder()
        let scene = Scene(cluster: cluster, recorder: recorder, client: try cluster.client(recorder))
        do {
            try await body(scene)
        } catch {
            scene.judge()
            throw error
        }
        scene.judge()
    }

    private func judge() {
        for violation in HistoryChecker().violations(in: recorder.soFar).prefix(5) {
            Issue.record("\(violation)")
        }
    }

    var nodes: [NodeAddress] { cluster.nodes }

    /// A node by its number, from 1.
    func node(_ number: Int) -> NodeAddress { nodes[number - 1] }

    /// A user who was never there before, signed in at a node.
    func newBrowser(at number: Int = 1) async throws -> Browser {
        Browser(client, token: try await client.adopt("user-\(UUID().uuidString)", at: node(number)))
    }

    /// So many of them.
    func newBrowsers(_ count: Int) async throws -> [Browser] {
        var browsers: [Browser] = []
        for index in 0..<count { browsers.append(try await newBrowser(at: index % nodes.count + 1)) }
        return browsers
    }

    /// Waits until nodes are ready and serve; all by default. That they are ready they may say a second longer than it is
    /// so, so that they are asked for a session, too.
    func waitUntilReady(_ numbers: [Int]? = nil, within limit: Duration = .seconds(60)) async throws {
        for node in nodes where numbers?.contains(node.number) ?? true {
            try await eventually("node \(node.number) is ready", within: limit) {
                guard await client.isReady(node) else { return false }
                return (try? await client.adopt("user-\(UUID().uuidString)", at: node)) != nil
            }
        }
    }

    /// Waits for so long, where that is what a case is about.
    func pass(_ time: Duration) async throws {
        let end = recorder.now + time
        try await eventually("\(time) have passed") { recorder.now >= end }
    }

    /// Waits until a browser gets this answer at every one of these nodes; all by default.
    func wait(
        _ browser: Browser, until outcome: ClientOperation.Outcome, at numbers: [Int]? = nil,
        within limit: Duration = .seconds(20)
    ) async throws {
        for node in nodes where numbers?.contains(node.number) ?? true {
            try await eventually("\(outcome) at node \(node.number)", within: limit) {
                await browser.check(at: node) == outcome
            }
        }
    }

    /// Waits until a browser is let in at every node.
    func waitUntilAccepted(_ browser: Browser, within limit: Duration = .seconds(20)) async throws {
        for node in nodes {
            try await eventually("let in at node \(node.number)", within: limit) {
                await browser.check(at: node).isAccepted
            }
        }
    }

    /// Expects that these are let in everywhere.
    func expectAccepted(_ browsers: [Browser], _ comment: Comment? = nil) async {
        for browser in browsers {
            for node in nodes {
                let outcome = await browser.check(at: node)
                #expect(outcome.isAccepted, "node \(node.number): \(outcome); \(comment ?? "")")
            }
        }
    }
}
