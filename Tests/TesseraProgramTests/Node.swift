import Testing

/// A running node of the demo, on free ports.
struct Node {
    static let secret = "the-secret-of-these-program-tests"
    static let operatorKey = "the-operator-key-of-these-tests"
    static let environment = ["NEXTAUTH_SECRET": secret, "TESSERA_OPERATOR_KEY": operatorKey]

    let process: ProgramProcess
    let url: String
    let operatorURL: String

    /// Starts a node and waits until it serves.
    init(
        folder: TemporaryFolder, store: String = "sqlite:sessions.sqlite", arguments: [String] = [],
        environment: [String: String] = [:]
    ) async throws {
        process = try ProgramProcess(
            ["serve", "--demo", "--port", "0", "--operator-port", "0", "--store", store] + arguments,
            environment: Self.environment.merging(environment) { $1 }, folder: folder)
        // Either listener may be first.
        var urls: [Bool: String] = [:]
        while urls.count < 2 {
            guard let line = await process.line(with: "] serving") else {
                let end = await process.end()
                Issue.record("the node did not start: \(end.everything)")
                throw NotStarted()
            }
            let address = line.firstMatch(of: /url=(?<url>http:[^ ]+)/)?.url ?? ""
            urls[line.hasSuffix("operators")] = String(address)
        }
        url = urls[false] ?? ""
        operatorURL = urls[true] ?? ""
    }

    struct NotStarted: Error {}

    /// Runs `tessera sessions` against this node.
    func sessions(
        _ arguments: String..., key: String? = operatorKey, folder: TemporaryFolder
    ) async throws -> ProgramProcess.End {
        try await ask(["sessions"] + arguments, key: key, folder: folder)
    }

    /// Runs a command that asks this node.
    func ask(
        _ arguments: [String], key: String? = operatorKey, folder: TemporaryFolder
    ) async throws -> ProgramProcess.End {
        try await ProgramProcess.run(
            arguments + ["--operator-url", operatorURL], environment: key.map { ["TESSERA_OPERATOR_KEY": $0] } ?? [:],
            folder: folder)
    }

    func stop() async -> ProgramProcess.End {
        process.terminate()
        return await process.end()
    }
}
