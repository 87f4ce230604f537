import Foundation
import Testing

/// The real program as a process.
final class ProgramProcess: Sendable {
    /// How a process ended, and what it printed.
    struct End: Sendable {
        let code: Int32
        let output: String
        let errors: String

        var everything: String { output + errors }
    }

    private let process = Process()
    private let output: OutputReader
    private let errors: OutputReader
    private let exits: AsyncStream<Int32>

    /// Starts the program with nothing but these variables in its environment. It is ended after two minutes, so that
    /// a test of a process that hangs fails, instead of waiting for ever.
    init(
        _ arguments: [String], environment: [String: String] = [:], folder: TemporaryFolder, input: String = ""
    ) throws {
        // Beside the test bundle, where the build puts every product.
        let directory = Bundle.main.executableURL?.deletingLastPathComponent() ?? URL(filePath: ".build/debug")
        let (standardInput, standardOutput, standardError) = (Pipe(), Pipe(), Pipe())
        let (exits, exit) = AsyncStream.makeStream(of: Int32.self)
        self.exits = exits
        process.executableURL = directory.appending(path: "tessera")
        process.arguments = arguments
        process.environment = environment
        process.currentDirectoryURL = folder.url
        process.standardInput = standardInput
        process.standardOutput = standardOutput
        process.standardError = standardError
        process.terminationHandler = { process in
            exit.yield(process.terminationStatus)
            exit.finish()
        }
        try process.run()
        try standardInput.fileHandleForWriting.write(contentsOf: Data(input.utf8))
        try standardInput.fileHandleForWriting.close()
        // Otherwise the end of the output would never be seen.
        try standardOutput.fileHandleForWriting.close()
        try standardError.fileHandleForWriting.close()
        output = OutputReader(standardOutput)
        errors = OutputReader(standardError)
        let id = process.processIdentifier
        DispatchQueue.global().asyncAfter(deadline: .now() + 120) { [weak process] in
            if process?.isRunning == true { _ = Foundation.kill(id, SIGKILL) }
        }
    }

    /// A test that fails, or forgets it, leaves nothing behind.
    deinit { if process.isRunning { kill() } }

    /// Runs the program to its end.
    static func run(
        _ arguments: [String], environment: [String: String] = [:], folder: TemporaryFolder, input: String = ""
    ) async throws -> End {
        try await ProgramProcess(arguments, environment: environment, folder: folder, input: input).end()
    }

    /// The next line that it logs which has this text; `nil` when it ends without.
    func line(with text: String) async -> String? { await errors.line(with: text) }

    /// Tells it to stop, as a service manager does.
    func terminate() { process.terminate() }

    /// Ends it at once, as `kill -9` does.
    func kill() { _ = Foundation.kill(process.processIdentifier, SIGKILL) }

    /// Waits for its end. Once only.
    func end() async -> End {
        var code: Int32 = -1
        for await exit in exits { code = exit }
        return End(code: code, output: await output.everything(), errors: await errors.everything())
    }
}
