import Foundation

/// A `StoreProbe` process. Its waits block a thread of its own, never one of the test's.
actor Probe {
    private let executor = BlockingExecutor()
    private let process = Process()
    private let input = Pipe()
    private let output = Pipe()
    private var buffer = Data()

    nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    /// Starts the process on a path, with further arguments.
    init(_ path: String, _ arguments: String...) async throws {
        try start([path] + arguments)
    }

    private func start(_ arguments: [String]) throws {
        // Beside the test bundle, where the build puts every product.
        let directory = Bundle.main.executableURL?.deletingLastPathComponent() ?? URL(filePath: ".build/debug")
        process.executableURL = directory.appending(path: "StoreProbe")
        process.arguments = arguments
        process.standardInput = input
        process.standardOutput = output
        try process.run()
        // Otherwise the end of the output would never be seen.
        try output.fileHandleForWriting.close()
        try input.fileHandleForReading.close()
    }

    var processID: Int32 { process.processIdentifier }

    /// The next line; `nil` at the end of the output.
    func line() -> String? {
        while true {
            if let end = buffer.firstIndex(of: UInt8(ascii: "\n")) {
                defer { buffer = buffer[(end + 1)...] }
                return String(decoding: buffer[..<end], as: UTF8.self)
            }
            let more = output.fileHandleForReading.availableData
            if more.isEmpty { return nil }
            buffer.append(more)
        }
    }

    /// Gives no more commands. Returns the lines that are still to come, up to the end of the output.
    func remainingLines() -> [String] {
        try? input.fileHandleForWriting.close()
        var lines: [String] = []
        while let line = line() { lines.append(line) }
        return lines
    }

    /// Gives a command.
    func send(_ command: String) throws {
        try input.fileHandleForWriting.write(contentsOf: Data((command + "\n").utf8))
    }

    /// Ends the process at once, as `kill -9` does.
    func kill() {
        _ = Foundation.kill(process.processIdentifier, SIGKILL)
    }

    /// Returns once the process is gone.
    func waitForExit() {
        process.waitUntilExit()
    }
}

/// A queue as an actor's executor, so that its waits do not keep the test's own threads.
private final class BlockingExecutor: SerialExecutor {
    private let queue = DispatchQueue(label: "probe")

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        queue.async { job.runSynchronously(on: self.asUnownedSerialExecutor()) }
    }
}
