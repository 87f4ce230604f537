import ClusterKit
import RedisServers
import Synchronization

/// Browsers that go on asking, each one node after the other, while something happens to the cluster.
enum Load {
    /// Runs the load for the time of a call.
    static func on(
        _ scene: Scene, by browsers: [Browser], _ body: () async throws -> Void
    ) async throws {
        let end = End()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for (index, browser) in browsers.enumerated() {
                group.addTask {
                    var turn = index
                    while !end.hasCome, !Task.isCancelled {
                        let node = scene.nodes[turn % scene.nodes.count]
                        let outcome = await browser.check(at: node, keepsAlive: turn.isMultiple(of: 5))
                        // A node that is not there answers at once: nobody asks it without end.
                        if outcome == .unknown { try? await Task.sleep(for: .milliseconds(20)) }
                        turn += 1
                    }
                }
            }
            do {
                try await body()
            } catch {
                end.come()
                try await group.waitForAll()
                throw error
            }
            end.come()
            try await group.waitForAll()
        }
    }

    /// The end of a load, which all of its tasks look for.
    private final class End: Sendable {
        private let state = Mutex(false)

        var hasCome: Bool { state.withLock { $0 } }

        func come() { state.withLock { $0 = true } }
    }

    /// Waits until so many more operations have been answered.
    static func pass(_ count: Int, in scene: Scene) async throws {
        let before = scene.recorder.soFar.operations.count
        try await eventually("\(count) operations have been answered", within: .seconds(30)) {
            scene.recorder.soFar.operations.count >= before + count
        }
    }
}
