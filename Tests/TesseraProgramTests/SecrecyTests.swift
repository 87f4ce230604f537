import Foundation
import Testing

@Suite("Secrets stay secret", .timeLimit(.minutes(4)))
struct SecrecyTests {
    private static let secret = "hunter2-hunter2-hunter2-hunter2-hunter2"
    private static let operatorKey = "swordfish-swordfish-swordfish"
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private func expectNoSecret(in text: String, _ more: [String] = []) {
        for secret in ["hunter2", "swordfish"] + more { #expect(!text.contains(secret), "\(secret) in \(text)") }
    }

    @Test(
        "No command shows a secret, whatever is wrong",
        arguments: [
            ["check"], ["check", "--port", "high"], ["check", "--config", "broken.yaml"],
            ["check", "--config", "twice.yaml"],
            ["check", "--config", "short.yaml"], ["check", "--config", "list.yaml"], ["token", "inspect", "garbage"],
            ["serve", "--port", "high"], ["serve", "--config", "broken.yaml"],
            ["sessions", "list", "alice", "--operator-url", "http://127.0.0.1:1"],
        ])
    func commands(arguments: [String]) async throws {
        try folder.write("secret: \(Self.secret): x\n", to: "broken.yaml")
        try folder.write("secret: \(Self.secret)\nsecret: \(Self.secret)\n", to: "twice.yaml")
        try folder.write("operatorKey: swordfish\nsecrets: [hunter2]\n", to: "short.yaml")
        try folder.write("secret: [\(Self.secret)]\noperatorKey: {a: \(Self.operatorKey)}\n", to: "list.yaml")
        let end = try await ProgramProcess.run(
            arguments,
            environment: [
                "NEXTAUTH_SECRET": Self.secret, "TESSERA_SECRETS": "hunter2-first,hunter2-second",
                "TESSERA_OPERATOR_KEY": arguments.last == "short.yaml" ? "" : Self.operatorKey,
            ],
            folder: folder)
        expectNoSecret(in: end.everything)
    }

    @Test("A node that logs everything logs no secret, password, token or cookie")
    func logs() async throws {
        let process = try ProgramProcess(
            [
                "serve", "--demo", "--port", "0", "--operator-port", "0", "--store", "sqlite:s.sqlite", "--log-level",
                "trace",
            ],
            environment: ["NEXTAUTH_SECRET": Self.secret, "TESSERA_OPERATOR_KEY": Self.operatorKey], folder: folder)
        var urls: [String] = []
        while urls.count < 2 {
            let line = try #require(await process.line(with: "] serving"))
            let url = String(line.firstMatch(of: /url=(?<url>http:[^ ]+)/)?.url ?? "")
            urls.insert(url, at: line.hasSuffix("operators") ? urls.endIndex : 0)
        }
        let alice = Visitor(urls[0])
        try await alice.signIn("alice", "wonderland")
        #expect(try await alice.name() == "Alice")
        let token = try #require(await alice.token)
        let revoked = try await ProgramProcess.run(
            ["sessions", "revoke", "alice", "--operator-url", urls[1]],
            environment: ["TESSERA_OPERATOR_KEY": Self.operatorKey], folder: folder)
        #expect(revoked.code == 0)
        expectNoSecret(in: revoked.everything)
        #expect(try await alice.name() == nil)
        process.terminate()
        let end = await process.end()
        #expect(end.errors.contains("operator revoked"))
        expectNoSecret(in: end.everything, ["wonderland", token, String(token.suffix(20))])
        // Nothing is printed whole, with all that it is made of.
        #expect(end.errors.split(separator: "\n").allSatisfy { $0.utf8.count < 1000 })
    }
}
