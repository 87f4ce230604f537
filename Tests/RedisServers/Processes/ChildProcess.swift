import Dispatch
import Foundation

/// A process that a test started. It ends with this process, however that ends.
package final class ChildProcess: Sendable {
    /// What it prints.
    package let log = ProcessLog()
    /// Happens when the process has ended and can be seen to have.
    package let exit = Event()

    private let process = Process()

    /// Starts a program that is found in `PATH`.
    package init(_ arguments: [String], environment: [String: String] = [:], input: String = "") throws {
        let watchdog = try Watchdog.shared.get()
        let (standardInput, output) = (Pipe(), Pipe())
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = arguments
        process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
        process.standardInput = standardInput
        process.standardOutput = output
        process.standardError = output
        process.terminationHandler = { [exit] process in
            try? watchdog.forget(process.processIdentifier)
            exit.happen()
        }
        try process.run()
        try watchdog.watch(process.processIdentifier)
        // One that ended before it was watched has been forgotten too early.
        if exit.hasHappened { try watchdog.forget(process.processIdentifier) }
        // Otherwise the end of the output would never be seen.
        try output.fileHandleForWriting.close()
        let reading = output.fileHandleForReading
        DispatchQueue(label: "output").async { [log] in
            while let bytes = Self.next(reading.fileDescriptor) { log.append(bytes) }
            // By hand: Foundation keeps the handles of a process that had a termination handler. With some 1,350 open files
            // its next process may crash this one, while it lists them (it copies a name's 256 bytes beyond the list).
            try? reading.close()
            log.finish()
        }
        try standardInput.fileHandleForReading.close()
        try standardInput.fileHandleForWriting.write(contentsOf: Data(input.utf8))
        try standardInput.fileHandleForWriting.close()
    }

    /// What can be read, as soon as there is something; `nil` at the end. (`FileHandle.availableData` ends the process when
    /// a signal interrupts it.)
    private static func next(_ descriptor: Int32) -> Data? {
        var bytes = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = read(descriptor, &bytes, bytes.count)
            if count > 0 { return Data(bytes[..<count]) }
            if count == 0 || errno != EINTR { return nil }
        }
    }

    /// The process's number.
    package var id: Int32 { process.processIdentifier }

    /// Sends a signal, unless it has ended.
    package func signal(_ signal: Int32) {
        if !exit.hasHappened { _ = Foundation.kill(id, signal) }
    }

    /// Ends it as `kill -9` does, and waits until it is gone.
    package func kill() async throws {
        signal(SIGKILL)
        guard await exit.happens(within: .seconds(10)) else { throw RedisServersError("process \(id) does not end") }
    }

    /// Runs a program to its end, and returns what it printed.
    package static func run(
        _ arguments: [String], environment: [String: String] = [:], input: String = "",
        within limit: Duration = .seconds(20)
    ) async throws -> String {
        let child = try ChildProcess(arguments, environment: environment, input: input)
        let hasEnded = await child.exit.happens(within: limit)
        guard hasEnded, await child.log.end.happens(within: limit) else {
            child.signal(SIGKILL)
            throw RedisServersError("\(arguments.first ?? "") did not end within \(limit)")
        }
        let text = child.log.lines.joined(separator: "\n")
        let status = child.process.terminationStatus
        guard status == 0 else { throw RedisServersError("\(arguments.first ?? "") ended with \(status): \(text)") }
        return text
    }
}
