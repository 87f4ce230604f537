import Foundation
import TesseraCore
import TesseraRuntime
import TesseraSQLite

/// Measures the SQLite store on the disk it is given: `StoreBenchmark [PATH]` (a new file; a temporary one by default).
///
/// Prints calls per second of one caller and of many at once, each call durable before it returns, and their ratio.
@main
struct StoreBenchmark {
    private static let start = Timestamp(seconds: 1_800_000_000)
    private static let duration = Duration.seconds(3)

    static func main() async throws {
        let temporary = FileManager.default.temporaryDirectory.appending(path: "store-benchmark-\(UUID().uuidString)")
        let path = CommandLine.arguments.dropFirst().first ?? temporary.path
        defer {
            for suffix in ["", "-wal", "-shm", ".lock"] { try? FileManager.default.removeItem(atPath: path + suffix) }
        }
        let store = try await SQLiteSessionStore.open(path)
        print("SQLite store at \(path)")
        let alone = try await measure("rotations, 1 caller", store, callers: 1, rotate)
        let together = try await measure("rotations, 64 callers", store, callers: 64, rotate)
        print("  ratio \((together / alone).formatted(.number.precision(.fractionLength(1))))")
        _ = try await measure("rotations, 256 callers", store, callers: 256, rotate)
        _ = try await measure("marks, 64 callers, 100 each", store, callers: 64, mark)
        _ = try await measure("loads, 1 caller", store, callers: 1, load)
        _ = try await measure("loads, 64 callers", store, callers: 64, load)
        try await fill(store, sessions: 100_000)
        _ = try await measure("rotations, 64 callers, 100,000 sessions", store, callers: 64, rotate)
        try await timed("sweep of 100,000 sessions that are not due") { _ = try await store.sweep(at: start) }
        try await timed("revoking everybody") {
            _ = try await store.revokeEverybody(at: start, reason: .revokedByOperator)
        }
        try await timed("closing") { try await store.close() }
    }

    // MARK: What is measured

    private typealias Call = @Sendable (_ store: SQLiteSessionStore, _ record: inout UserRecord) async throws -> Int

    private static let rotate: Call = { store, record in
        var next = record.sessions[0]
        next.generation = next.generation.next
        let change = UserChange(
            user: record.user, expectedEpoch: record.epoch, expectedDeploymentEpoch: record.deployment.epoch,
            edits: [.replace(record.sessions[0], with: next)])
        guard case .committed = try await store.commit(change) else { throw StoreError(.unavailable, "stale") }
        record.sessions[0] = next
        return 1
    }

    private static let mark: Call = { store, record in
        record.sessions[0].lastUse.at = record.sessions[0].lastUse.at + .seconds(30)
        let mark = Mark(user: record.user, session: record.sessions[0].id, use: record.sessions[0].lastUse)
        _ = try await store.mark(Array(repeating: mark, count: 100))
        return 100
    }

    private static let load: Call = { store, record in
        record = try await store.load(record.user)
        return 1
    }

    private static func measure(
        _ name: String, _ store: SQLiteSessionStore, callers: Int, _ call: @escaping Call
    ) async throws -> Double {
        let clock = ContinuousClock()
        let records = try await makeUsers(store, count: callers)
        let begin = clock.now
        let calls = try await withThrowingTaskGroup(of: Int.self) { group in
            for record in records {
                group.addTask {
                    var record = record
                    var count = 0
                    while clock.now - begin < duration { count += try await call(store, &record) }
                    return count
                }
            }
            return try await group.reduce(0, +)
        }
        let rate = Double(calls) / ((clock.now - begin) / .seconds(1))
        print("\(name): \(Int(rate)) per second")
        return rate
    }

    private static func timed(_ name: String, _ body: () async throws -> Void) async rethrows {
        let clock = ContinuousClock()
        let begin = clock.now
        try await body()
        print("\(name): \(clock.now - begin)")
    }

    // MARK: Sessions

    private static func makeUsers(_ store: SQLiteSessionStore, count: Int) async throws -> [UserRecord] {
        var records: [UserRecord] = []
        for _ in 0..<count {
            guard let user = UserID(UUID().uuidString) else { continue }
            let record = UserRecord(user: user, sessions: [makeSession()])
            let change = UserChange(
                user: user, expectedEpoch: .initial, expectedDeploymentEpoch: .initial,
                edits: [.create(record.sessions[0])])
            _ = try await store.commit(change)
            records.append(record)
        }
        return records
    }

    private static func fill(_ store: SQLiteSessionStore, sessions: Int) async throws {
        try await withThrowingTaskGroup { group in
            for _ in 0..<100 { group.addTask { _ = try await makeUsers(store, count: sessions / 100) } }
            try await group.waitForAll()
        }
    }

    private static func makeSession() -> SessionRecord {
        SessionRecord(
            id: SessionID(high: .random(in: 0...(.max)), low: .random(in: 0...(.max))), generation: .first,
            rotatedAt: start, createdAt: start, authenticatedAt: start, idleTimeout: .days(14),
            absoluteLimit: start + .days(30), userEpoch: .initial, deploymentEpoch: .initial,
            device: Device(name: "Firefox 128, Linux", network: "192.0.2.0/24"), adoptedUntil: nil, claims: nil,
            lastUse: SessionRecord.Use(at: start, generation: .adopted))
    }
}
