import Foundation
import RedisServers
import Synchronization

/// A `tessera serve` on ports of the loopback interface. It ends with this process at the latest.
package final class NodeProcess: Sendable {
    /// How a node is set up, beyond what all have in common.
    package struct Settings: Sendable {
        /// `TESSERA_…` variables, and others.
        package var environment: [String: String] = [:]
        /// What to start in the place of `tessera serve`: the name of another program of this package.
        package var program: String?

        package init() {}
    }

    package let address: NodeAddress
    private let port: Int
    private let operatorPort: Int
    private struct State {
        var process: ChildProcess?
        var settings: Settings
    }

    private let state: Mutex<State>

    package init(number: Int, settings: Settings) throws {
        (port, operatorPort) = (try FreePort.next(), try FreePort.next())
        address = NodeAddress(
            number: number, url: "http://127.0.0.1:\(port)", operatorURL: "http://127.0.0.1:\(operatorPort)")
        state = Mutex(State(process: nil, settings: settings))
    }

    /// The program: beside the test bundle, where the build puts every product, unless a variable names another.
    private static func path(_ program: String?) -> String {
        if program == nil, let path = ProcessInfo.processInfo.environment["CLUSTER_PROGRAM"] { return path }
        let directory = Bundle.main.executableURL?.deletingLastPathComponent() ?? URL(filePath: ".build/debug")
        return directory.appending(path: program ?? "tessera").path
    }

    /// Changes the settings for the next start.
    package func change(_ body: (inout Settings) -> Void) { state.withLock { body(&$0.settings) } }

    /// Starts it at its address, and does not wait until it is ready.
    package func start() throws {
        let settings = state.withLock { $0.settings }
        var environment = settings.environment
        environment["TESSERA_PORT"] = "\(port)"
        environment["TESSERA_OPERATOR_PORT"] = "\(operatorPort)"
        let arguments = settings.program == nil ? ["serve", "--demo", "--host", "127.0.0.1"] : []
        let process = try ChildProcess([Self.path(settings.program)] + arguments, environment: environment)
        state.withLock { $0.process = process }
    }

    /// What it has printed since it was started last.
    package var lines: [String] { state.withLock { $0.process }?.log.lines ?? [] }

    /// The last lines, for the report of a failure.
    package var report: String { "node \(address.number):\n" + lines.suffix(15).joined(separator: "\n") }

    /// The number of the process; `nil` where it was never started.
    package var processID: Int32? { state.withLock { $0.process }?.id }

    /// Whether it runs.
    package var isRunning: Bool { state.withLock { $0.process }?.exit.hasHappened == false }

    /// Ends it as `kill -9` does.
    package func kill() async throws { try await state.withLock { $0.process }?.kill() }

    /// Tells it to stop, and waits until it has.
    package func stop() async throws {
        guard let process = state.withLock({ $0.process }) else { return }
        process.signal(SIGTERM)
        guard await process.exit.happens(within: .seconds(30)) else {
            throw ClusterError("node \(address.number) does not stop:\n\(lines.suffix(20).joined(separator: "\n"))")
        }
    }

    /// Waits until it has ended by itself: what it printed.
    package func end(within limit: Duration) async throws -> [String] {
        guard let process = state.withLock({ $0.process }), await process.exit.happens(within: limit),
            await process.log.end.happens(within: limit)
        else { throw ClusterError("node \(address.number) has not ended") }
        return lines
    }
}
