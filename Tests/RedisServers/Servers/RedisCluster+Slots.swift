/// Moving a slot, in the steps that an operator's tool takes, so that a test can look in between.
extension RedisCluster {
    /// A slot on its way from one primary to another. Until it ends, the source answers `ASK` for keys that it has not.
    package struct Move: Sendable {
        package let slot: Int
        package let source: Node
        package let target: Node
    }

    /// Moves a slot with all its keys to another primary, and returns when every member knows.
    package func moveSlot(_ slot: Int, to target: Node) async throws {
        let move = try await beginMove(ofSlot: slot, to: target)
        try await moveKeys(move)
        try await finish(move)
    }

    /// Begins to move a slot.
    package func beginMove(ofSlot slot: Int, to target: Node) async throws -> Move {
        let source = try await primary(ofSlot: slot)
        try await target.server.command("CLUSTER", "SETSLOT", String(slot), "IMPORTING", source.id)
        try await source.server.command("CLUSTER", "SETSLOT", String(slot), "MIGRATING", target.id)
        return Move(slot: slot, source: source, target: target)
    }

    /// Moves these keys of the slot, or all that it has.
    package func moveKeys(_ move: Move, _ keys: [String]? = nil) async throws {
        if let keys { return try await migrate(keys, move) }
        while true {
            let text = try await move.source.server.command("CLUSTER", "GETKEYSINSLOT", String(move.slot), "100")
            let keys = text.split(whereSeparator: \.isNewline).map(String.init)
            if keys.isEmpty { return }
            try await migrate(keys, move)
        }
    }

    private func migrate(_ keys: [String], _ move: Move) async throws {
        let words = [
            "MIGRATE", "127.0.0.1", String(move.target.server.port), "", "0", "5000", "REPLACE", "AUTH2", "control",
            RedisServer.controlPassword, "KEYS",
        ]
        try await move.source.server.command(words + keys)
    }

    /// Gives the slot to its new owner, and returns when every member knows. Keys that the source still has are lost.
    package func finish(_ move: Move) async throws {
        try await move.target.server.command("CLUSTER", "SETSLOT", String(move.slot), "NODE", move.target.id)
        try await move.source.server.command("CLUSTER", "SETSLOT", String(move.slot), "NODE", move.target.id)
        try await waitUntil(move.target, owns: move.slot)
    }
}
