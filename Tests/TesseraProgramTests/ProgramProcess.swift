import Foundation
import Testing

/// The real program as a process. Its waits block a thread of its own, never one of the tests'.
actor ProgramProcess {
    /// How a process ended, and what it printed.
    struct End: Sendable {
        let code: Int32
        let output: String
        let errors: String

        var everything: String { output + errors }
    }

    private let executor = BlockingExecutor()
    private let process = Process()
    private let output = Pipe()
    private let errors = Pipe()
    private var unread = Data()
    private var readErrors = ""
    /// Ends a process that hangs, so that its test fails instead of waiting for ever.
    private let watchdog: DispatchWorkItem

    nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    /// Starts the program with nothing but these variables in its environment.
    init(
        _ arguments: [String], environment: [String: String] = [:], folder: TemporaryFolder, input: String = ""
    ) async throws {
        let process = process
        watchdog = DispatchWorkItem { process.terminate() }
        try start(arguments, environment, folder, input)
    }

    private func start(
        _ arguments: [String], _ environment: [String: String], _ folder: TemporaryFolder, _ input: String
    ) throws {
        // Beside the test bundle, where the build puts every product.
        let directory = Bundle.main.executableURL?.deletingLastPathComponent() ?? URL(filePath: ".build/debug")
        let standardInput = Pipe()
        process.executableURL = directory.appending(path: "tessera")
        process.arguments = arguments
        process.environment = environment
        process.currentDirectoryURL = folder.url
        process.standardInput = standardInput
        process.standardOutput = output
        process.standardError = errors
        try process.run()
        try standardInput.fileHandleForWriting.write(contentsOf: Data(input.utf8))
        try standardInput.fileHandleForWriting.close()
        // Otherwise the end of the output would never be seen.
        try output.fileHandleForWriting.close()
        try errors.fileHandleForWriting.close()
        DispatchQueue.global().asyncAfter(deadline: .now() + 120, execute: watchdog)
    }

    /// Runs the program to its end.
    static func run(
        _ arguments: [String], environment: [String: String] = [:], folder: TemporaryFolder, input: String = ""
    ) async throws -> End {
        try await ProgramProcess(arguments, environment: environment, folder: folder, input: input).end()
    }

    /// The next line that it logs which has this text; `nil` when it ends without.
    func line(with text: String) -> String? {
        while true {
            while let end = unread.firstIndex(of: UInt8(ascii: "\n")) {
                let line = String(decoding: unread[..<end], as: UTF8.self)
                unread = unread[(end + 1)...]
                readErrors += line + "\n"
                if line.contains(text) { return line }
            }
            let more = errors.fileHandleForReading.availableData
            if more.isEmpty { return nil }
            unread.append(more)
        }
    }

    /// Tells it to stop, as a service manager does.
    func terminate() { process.terminate() }

    /// Ends it at once, as `kill -9` does.
    func kill() { _ = Foundation.kill(process.processIdentifier, SIGKILL) }

    /// Waits for its end.
    func end() -> End {
        let output = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        let rest = unread + errors.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        watchdog.cancel()
        return End(
            code: process.terminationStatus, output: output,
            errors: readErrors + String(decoding: rest, as: UTF8.self))
    }
}

/// A queue as an actor's executor, so that its waits do not keep the test's own threads.
private final class BlockingExecutor: SerialExecutor {
    private let queue = DispatchQueue(label: "program")

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        queue.async { job.runSynchronously(on: self.asUnownedSerialExecutor()) }
    }
}
