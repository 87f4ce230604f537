import Foundation
import Synchronization

/// A real `redis-server` (or `redis-sentinel`) on a port of the loopback interface. It ends with `stop()`, and at the
/// latest with this process.
package final class RedisServer: Sendable {
    /// What kind of program it is.
    enum Kind: Sendable {
        case data
        case sentinel
    }

    /// Of the user `control`, which every server has besides those of its options.
    static let controlPassword = String(UInt64.random(in: .min ... .max), radix: 36)

    package let port: Int
    package let options: RedisServerOptions
    let kind: Kind
    let folder: String
    private let process: Mutex<ChildProcess>
    private let isPaused = Mutex(false)

    private init(port: Int, options: RedisServerOptions, kind: Kind, folder: String, process: ChildProcess) {
        (self.port, self.options, self.kind, self.folder) = (port, options, kind, folder)
        self.process = Mutex(process)
    }

    /// Starts one, and returns once it takes connections.
    package static func start(_ options: RedisServerOptions = RedisServerOptions()) async throws -> RedisServer {
        // A port may be taken between looking and listening.
        for _ in 0..<5 {
            let port = try FreePort.next()
            if let server = try await start(options, port: port, files: [:]) { return server }
        }
        throw RedisServersError("every port was taken")
    }

    /// Starts one for the time of a call.
    package static func with<Result>(
        _ options: RedisServerOptions = RedisServerOptions(), _ body: (RedisServer) async throws -> Result
    ) async throws -> Result {
        let server = try await start(options)
        return try await ending(server.stop) { try await body(server) }
    }

    /// Starts one on a port; `nil` when the port is taken.
    static func start(
        _ options: RedisServerOptions, kind: Kind = .data, port: Int, files: [String: String]
    ) async throws -> RedisServer? {
        let folder = try Watchdog.shared.get().folder + "/\(port)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        for (name, text) in files { try Data(text.utf8).write(to: URL(filePath: "\(folder)/\(name)")) }
        if kind == .data {
            let text = try options.configuration(port: port, folder: folder)
            try Data(text.utf8).write(to: URL(filePath: folder + "/server.conf"))
        }
        let process = try launch(kind, in: folder)
        let server = RedisServer(port: port, options: options, kind: kind, folder: folder, process: process)
        do {
            try await server.waitUntilReady()
            return server
        } catch {
            try await server.stop()
            if process.log.lines.contains(where: { $0.contains("ddress already in use") }) { return nil }
            throw error
        }
    }

    private static func launch(_ kind: Kind, in folder: String) throws -> ChildProcess {
        try ChildProcess([kind == .data ? "redis-server" : "redis-sentinel", folder + "/server.conf"])
    }

    private func waitUntilReady() async throws {
        let text = kind == .data ? "Ready to accept connections" : "+monitor master"
        _ = try await log.line(with: text, within: .seconds(20))
    }

    private var current: ChildProcess { process.withLock { $0 } }

    /// What it printed since it was started last.
    var log: ProcessLog { current.log }

    /// The number of the process.
    package var processID: Int32 { current.id }

    /// Whether the process is there, and not paused.
    package var isRunning: Bool { !current.exit.hasHappened && !isPaused.withLock { $0 } }

    /// Ends it for good, and removes what it wrote.
    package func stop() async throws {
        try await current.kill()
        try FileManager.default.removeItem(atPath: folder)
    }

    /// Ends the process as `kill -9` does, and returns when it is gone.
    package func kill() async throws {
        try await current.kill()
        isPaused.withLock { $0 = false }
    }

    /// Starts it again on the same port and with the same settings, with what its files kept: see
    /// `RedisServerOptions.persistence`. It is killed first if it runs. Returns once it takes connections.
    package func restart() async throws {
        try await kill()
        let next = try Self.launch(kind, in: folder)
        process.withLock { $0 = next }
        try await waitUntilReady()
    }

    /// Starts it again with nothing: its data are lost, its settings and its place in a Cluster are not.
    package func restartEmpty() async throws {
        try await kill()
        for name in ["appendonlydir", "dump.rdb"] where FileManager.default.fileExists(atPath: "\(folder)/\(name)") {
            try FileManager.default.removeItem(atPath: "\(folder)/\(name)")
        }
        try await restart()
    }

    /// Stops the process where it is (`SIGSTOP`): connections stay open, and nothing is answered.
    package func pause() {
        isPaused.withLock { $0 = true }
        current.signal(SIGSTOP)
    }

    /// Lets a paused process go on.
    package func resume() {
        current.signal(SIGCONT)
        isPaused.withLock { $0 = false }
    }
}
