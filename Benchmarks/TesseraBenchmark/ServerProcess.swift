import AsyncHTTPClient
import Foundation
import NIOCore
import NIOHTTP1

/// A `tessera serve` that the benchmark starts and ends.
final class ServerProcess {
    private let process = Process()
    let base: String
    /// How long it took from starting the process until it was ready.
    private(set) var startup = Duration.zero

    init(program: URL, port: Int, arguments: [String], secret: String) throws {
        base = "http://127.0.0.1:\(port)"
        process.executableURL = program
        process.arguments = ["serve", "--port", "\(port)", "--log-level", "warning"] + arguments
        process.environment = ["NEXTAUTH_SECRET": secret, "NEXTAUTH_URL": base]
    }

    /// Starts the process and waits until it is ready, 30 s at most.
    func start() async throws {
        let start = ContinuousClock.now
        try process.run()
        while ContinuousClock.now - start < .seconds(30) {
            var request = HTTPClientRequest(url: "\(base)/health/ready")
            request.headers.add(name: "Connection", value: "close")
            if let response = try? await HTTPClient.shared.execute(request, timeout: .seconds(1)),
                response.status.code == 200
            {
                startup = ContinuousClock.now - start
                return
            }
            try await Task.sleep(for: .milliseconds(1))
        }
        throw BenchmarkError.notReady
    }

    /// Resident memory in bytes.
    func residentMemory() throws -> Int {
        let status = try String(contentsOfFile: "/proc/\(process.processIdentifier)/status", encoding: .utf8)
        let line = status.split(separator: "\n").first { $0.hasPrefix("VmRSS:") } ?? ""
        let kilobytes = line.split(separator: " ").compactMap { Int($0) }.first ?? 0
        return kilobytes * 1024
    }

    func stop() {
        process.terminate()
        process.waitUntilExit()
    }
}

enum BenchmarkError: Error {
    case notReady
    case noSession
    case wrk
}
