import RedisServers
import Synchronization

/// Scripted servers that say of themselves and of each other what servers of a cluster say.
final class ScriptedCluster: Sendable {
    /// What a server believes: who of them has all slots, and the number of the last change that it knows of.
    struct Belief: Sendable {
        var owner: Int
        var epoch: Int
    }

    private struct State {
        var ports: [Int] = []
        var beliefs: [Belief]
        /// Whom `CLUSTER SLOTS` was asked of.
        var asked: [Int] = []
    }

    private let state: Mutex<State>

    private init(_ beliefs: [Belief]) {
        state = Mutex(State(beliefs: beliefs))
    }

    /// Runs a server for each belief, for the time of a call. `answer` is what the server with a number says to a command
    /// that is neither of the handshake nor about the cluster.
    static func with<Output>(
        _ beliefs: [Belief], _ answer: @escaping @Sendable (Int, ScriptedServer.Request) -> ScriptedServer.Answer,
        _ body: (ScriptedCluster) async throws -> Output
    ) async throws -> Output {
        try await ScriptedCluster(beliefs).run(from: 0, answer, body)
    }

    private func run<Output>(
        from number: Int, _ answer: @escaping @Sendable (Int, ScriptedServer.Request) -> ScriptedServer.Answer,
        _ body: (ScriptedCluster) async throws -> Output
    ) async throws -> Output {
        if number == state.withLock({ $0.beliefs.count }) { return try await body(self) }
        let script = ScriptedServer.answeringHandshake { [self] request in
            request.name == "CLUSTER" ? topology(request, number) : answer(number, request)
        }
        return try await ScriptedServer.with(script) { server in
            state.withLock { $0.ports.append(server.port) }
            return try await run(from: number + 1, answer, body)
        }
    }

    private func topology(_ request: ScriptedServer.Request, _ number: Int) -> ScriptedServer.Answer {
        state.withLock { state in
            let belief = state.beliefs[number]
            guard request.words.last == "SLOTS" else { return .bulk("cluster_current_epoch:\(belief.epoch)\r\n") }
            state.asked.append(number)
            // All but the last slots are the owner's; each of the others has one, so that it is connected to.
            let others = state.ports.indices.filter { $0 != belief.owner }
            var entries = [Self.entry(0, 16_383 - others.count, state.ports[belief.owner])]
            for (index, other) in others.enumerated() {
                entries.append(Self.entry(16_383 - index, 16_383 - index, state.ports[other]))
            }
            return .text("*\(entries.count)\r\n" + entries.joined())
        }
    }

    private static func entry(_ first: Int, _ last: Int, _ port: Int) -> String {
        "*3\r\n:\(first)\r\n:\(last)\r\n*2\r\n$9\r\n127.0.0.1\r\n:\(port)\r\n"
    }

    /// Where a server listens.
    func port(_ number: Int) -> Int { state.withLock { $0.ports[number] } }

    /// Of the first server.
    var url: String { "redis+cluster://127.0.0.1:\(port(0))" }

    /// From now on a server believes this.
    func believe(_ number: Int, _ belief: Belief) { state.withLock { $0.beliefs[number] = belief } }

    /// How often the servers were asked for the slots.
    var questionCount: Int { state.withLock { $0.asked.count } }
}
