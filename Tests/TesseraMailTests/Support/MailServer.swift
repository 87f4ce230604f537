import Foundation
import JSON
import Synchronization

/// A real mail server in a process of its own.
final class MailServer: Sendable {
    /// How its connections are protected.
    enum TLS: String {
        case none
        case starttls
        case implicit
    }

    /// Whether it wants a user.
    enum Auth: String {
        case off
        case optional
        case required
    }

    private let process = Process()
    private let lines: LineReader
    /// Its end tells the server to end.
    private let input = Pipe()
    let port: Int
    let certificate: String

    private init(_ tls: TLS, _ auth: Auth) throws {
        let files = try TestCertificate.shared.get()
        certificate = files.certificate
        let output = Pipe()
        process.executableURL = try PythonEnvironment.interpreter()
        process.arguments = [
            URL(filePath: #filePath).deletingLastPathComponent().appending(path: "server.py").path, tls.rawValue,
            auth.rawValue, files.certificate, files.key,
        ]
        process.standardInput = input
        process.standardOutput = output
        process.standardError = FileHandle.standardError
        try process.run()
        try output.fileHandleForWriting.close()
        lines = LineReader(output)
        guard let port = lines.next().flatMap({ Int($0) }) else {
            process.terminate()
            throw PythonEnvironment.Failure(description: "the mail server does not start")
        }
        self.port = port
    }

    /// Runs a test with a server, and ends the server, also when the test fails.
    static func with(
        _ tls: TLS, _ auth: Auth, _ body: @Sendable (MailServer) async throws -> Void
    ) async throws {
        let server = try MailServer(tls, auth)
        defer {
            try? server.input.fileHandleForWriting.close()
            server.process.terminate()
        }
        try await body(server)
    }

    /// The next message that it has taken; `nil` when it ends without.
    func message() throws -> JSONObject? {
        try lines.next().map { try JSONObject(parsing: Array($0.utf8)) }
    }
}

/// Reads what a process prints, line by line.
private final class LineReader: Sendable {
    private let handle: FileHandle
    private let rest = Mutex<[UInt8]>([])

    init(_ pipe: Pipe) { handle = pipe.fileHandleForReading }

    /// Waits for a line. `nil` at the end.
    func next() -> String? {
        rest.withLock { rest in
            while true {
                if let end = rest.firstIndex(of: UInt8(ascii: "\n")) {
                    defer { rest.removeFirst(end + 1) }
                    return String(decoding: rest[..<end], as: UTF8.self)
                }
                let more = handle.availableData
                if more.isEmpty { return nil }
                rest += more
            }
        }
    }
}
