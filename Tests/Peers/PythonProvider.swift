import Foundation

/// A provider in Python: `provider.py` of a folder beside this file, and the packages that its `requirements.txt` names,
/// which are installed once, below `.build/peers`.
///
/// It prints `ready PORT` when it listens, and ends when its standard input does: so it never outlives the tests.
final class PythonProvider: Sendable {
    let port: Int
    private let process: Process
    private let input: Pipe

    var issuer: String { "http://127.0.0.1:\(port)" }

    private static let peers = URL(filePath: #filePath).deletingLastPathComponent()
    private static let environments = peers.deletingLastPathComponent().deletingLastPathComponent()
        .appending(path: ".build/peers")

    init(_ name: String, _ arguments: [String]) async throws {
        let folder = Self.peers.appending(path: name)
        let python = try await Self.python(name, folder)
        (process, input) = (Process(), Pipe())
        let output = Pipe()
        process.executableURL = python
        process.arguments = [folder.appending(path: "provider.py").path] + arguments
        process.standardInput = input
        process.standardOutput = output
        process.standardError = FileHandle.nullDevice
        try process.run()
        // Until it listens, or until it has ended: then there is nothing more to read.
        let text = await Self.firstLine(of: output.fileHandleForReading)
        guard text.hasPrefix("ready "), let port = Int(text.dropFirst("ready ".count)) else {
            throw PeerFailure("\(name)/provider.py did not start; run by hand it says why")
        }
        self.port = port
    }

    func end() {
        try? input.fileHandleForWriting.close()
        process.terminate()
    }

    private static func firstLine(of file: FileHandle) async -> String {
        let (chunks, arrival) = AsyncStream.makeStream(of: Data.self)
        file.readabilityHandler = { file in
            let data = file.availableData
            arrival.yield(data)
            if data.isEmpty { arrival.finish() }
        }
        defer { file.readabilityHandler = nil }
        var text = ""
        for await chunk in chunks {
            text += String(decoding: chunk, as: UTF8.self)
            if let end = text.firstIndex(of: "\n") { return String(text[..<end]) }
        }
        return text
    }

    // MARK: Its packages

    private static func python(_ name: String, _ folder: URL) async throws -> URL {
        let environment = environments.appending(path: name)
        let requirements = folder.appending(path: "requirements.txt")
        let wanted = try String(contentsOf: requirements, encoding: .utf8)
        let marker = environment.appending(path: "installed.txt")
        let python = environment.appending(path: "bin/python")
        if (try? String(contentsOf: marker, encoding: .utf8)) == wanted { return python }
        do {
            try await run(URL(filePath: "/usr/bin/env"), ["python3", "-m", "venv", "--clear", environment.path])
        } catch {
            throw PeerFailure(
                "\(error): install Python 3.10 or newer with its venv (on Debian the package python3-venv)")
        }
        do {
            try await run(python, ["-m", "pip", "install", "--quiet", "-r", requirements.path])
        } catch {
            throw PeerFailure("\(error): the packages in Tests/Peers/\(name)/requirements.txt could not be installed")
        }
        try wanted.write(to: marker, atomically: true, encoding: .utf8)
        return python
    }

    private static func run(_ program: URL, _ arguments: [String]) async throws {
        let process = Process()
        process.executableURL = program
        process.arguments = arguments
        let status = try await withCheckedThrowingContinuation {
            (continuation: CheckedContinuation<Int32, any Error>) in
            process.terminationHandler = { continuation.resume(returning: $0.terminationStatus) }
            do { try process.run() } catch { continuation.resume(throwing: error) }
        }
        guard status == 0 else { throw PeerFailure("\(arguments.joined(separator: " ")) ended with \(status)") }
    }
}
