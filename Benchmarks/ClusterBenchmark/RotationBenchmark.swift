import ClusterKit
import Foundation
import Logging
import RedisClient
import RedisServers
import TesseraCore
import TesseraRedis
import TesseraRuntime
import TesseraTokens

/// Rotations a second by the store of one process, against `redis-benchmark` running the same script with the same
/// arguments: one session is replaced by itself, so that every commit succeeds.
struct RotationBenchmark {
    private static let count = 100_000
    private static let workers = 64

    let cluster: LocalCluster

    func run() async throws {
        guard case .standalone(let server, _) = cluster.redis, let shards = Shards(count: 64),
            let keys = Keyspace(prefix: "tessera", shards: shards), let user = UserID("a-user-who-rotates")
        else { return }
        let client = RedisClient(try RedisConfiguration(url: server.url), logger: Logger(label: "benchmark"))
        let store = RedisSessionStore(client: client, keys: keys, node: NodeID(random: .system), clock: .system)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try? await client.run() }
            let session = Self.session(shards.place(SessionID(high: 1, low: 2), of: user))
            guard case .committed = try await store.commit(Self.change(of: user, .create(session))) else {
                throw BenchmarkError("the session cannot be made")
            }
            let rotation = Self.change(of: user, .replace(session, with: session))
            let script = try await ServerScript(of: { _ = try await store.commit(rotation) }, on: server)
            var rates: (ours: [Double], theirs: [Double]) = ([], [])
            for round in 0..<4 {
                let ours = try await rate(of: rotation, store)
                let theirs = try await script.rate(clients: Self.workers, count: Self.count)
                if round > 0 {
                    rates.ours.append(ours)
                    rates.theirs.append(theirs)
                }
            }
            let (ours, theirs) = (rates.ours.percentile(0.5), rates.theirs.percentile(0.5))
            report("rotations a second, redis-benchmark", "\(Int(theirs))")
            report(
                "rotations a second, this store (aim: 0.5 of it)",
                "\(Int(ours)), ratio \((ours / theirs * 100).rounded() / 100)")
            group.cancelAll()
        }
    }

    private static func change(of user: UserID, _ edit: SessionEdit) -> UserChange {
        UserChange(user: user, expectedEpoch: .initial, expectedDeploymentEpoch: .initial, edits: [edit])
    }

    private static func session(_ id: SessionID) -> SessionRecord {
        let now = WallClock.system.now()
        return SessionRecord(
            id: id, generation: .first, rotatedAt: now, createdAt: now, authenticatedAt: now, idleTimeout: .days(14),
            absoluteLimit: now + .days(30), userEpoch: .initial, deploymentEpoch: .initial,
            device: Device(name: "Firefox, Linux", network: "192.0.2.0/24"), adoptedUntil: nil, claims: nil,
            lastUse: SessionRecord.Use(at: now, generation: .first))
    }

    private func rate(of rotation: UserChange, _ store: RedisSessionStore) async throws -> Double {
        let begun = ContinuousClock.now
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<Self.workers {
                group.addTask {
                    for _ in 0..<Self.count / Self.workers {
                        guard case .committed = try await store.commit(rotation) else {
                            throw BenchmarkError("a rotation was not written")
                        }
                    }
                }
            }
            try await group.waitForAll()
        }
        return Double(Self.count) / ((ContinuousClock.now - begun) / .seconds(1))
    }
}

/// The script of a commit with its arguments in it, for `redis-benchmark`, which could not pass every byte of them.
private struct ServerScript {
    private let server: RedisServer
    private let digest: String
    private let key: String

    /// Watches the server while `call` makes one commit.
    init(of call: () async throws -> Void, on server: RedisServer) async throws {
        self.server = server
        let monitor = try ChildProcess(["redis-cli", "-p", "\(server.port)", "MONITOR"])
        _ = try await monitor.log.line(with: "OK", within: .seconds(5))
        try await call()
        let line = try await monitor.log.line(with: "\"EVALSHA\"", within: .seconds(5))
        try await monitor.kill()
        let words = Self.words(of: line)
        guard let start = words.firstIndex(of: Array("EVALSHA".utf8)), words.count > start + 4 else {
            throw BenchmarkError("no call in: \(line)")
        }
        key = String(decoding: words[start + 3], as: UTF8.self)
        let arguments = words[(start + 4)...].map { word in
            "\"" + word.map { "\\" + String(repeating: "0", count: 3 - "\($0)".count) + "\($0)" }.joined() + "\""
        }
        let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(
            path: "../../Sources/TesseraRedis/Scripts")
        let parts = try ["shard.lua", "outbox.lua", "commit.lua"].map {
            try String(contentsOf: folder.appending(path: $0), encoding: .utf8)
        }
        let head = "#!lua flags=allow-oom\nlocal ARGV = { \(arguments.joined(separator: ", ")) }"
        let text = ([head] + parts).joined(separator: "\n")
        digest = try await ChildProcess.run(["redis-cli", "-p", "\(server.port)", "-x", "SCRIPT", "LOAD"], input: text)
    }

    /// The words of a line of `MONITOR`: each in quotes, with escapes for what is not printable.
    private static func words(of line: String) -> [[UInt8]] {
        var words: [[UInt8]] = []
        var word: [UInt8]?
        var bytes = Array(line.utf8)[...]
        let escapes = [
            UInt8(ascii: "n"): UInt8(10), UInt8(ascii: "r"): 13, UInt8(ascii: "t"): 9, UInt8(ascii: "a"): 7,
            UInt8(ascii: "b"): 8,
        ]
        while let byte = bytes.popFirst() {
            switch (byte, word) {
            case (UInt8(ascii: "\""), nil): word = []
            case (UInt8(ascii: "\""), let done?):
                words.append(done)
                word = nil
            case (UInt8(ascii: "\\"), .some):
                guard let next = bytes.popFirst() else { return words }
                if next == UInt8(ascii: "x") {
                    word?.append(UInt8(String(decoding: bytes.prefix(2), as: UTF8.self), radix: 16) ?? 0)
                    bytes = bytes.dropFirst(2)
                } else {
                    word?.append(escapes[next] ?? next)
                }
            case (_, .some): word?.append(byte)
            case (_, nil): break
            }
        }
        return words
    }

    /// Calls a second.
    func rate(clients: Int, count: Int) async throws -> Double {
        let text = try await ChildProcess.run(
            [
                "redis-benchmark", "-p", "\(server.port)", "-c", "\(clients)", "-n", "\(count)", "--csv", "EVALSHA",
                digest, "1", key,
            ], within: .seconds(120))
        let fields = text.split(separator: "\n").last.map { $0.split(separator: ",") } ?? []
        guard let rate = fields.dropFirst().compactMap({ Double($0.filter { $0 != "\"" }) }).first else {
            throw BenchmarkError("redis-benchmark: \(text)")
        }
        return rate
    }
}
