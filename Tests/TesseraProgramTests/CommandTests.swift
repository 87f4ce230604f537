import Foundation
import Testing

@Suite("The program's commands", .timeLimit(.minutes(4)))
struct CommandTests {
    private let folder: TemporaryFolder
    private let environment = ["NEXTAUTH_SECRET": Node.secret]

    init() throws { folder = try TemporaryFolder() }

    private func run(
        _ arguments: String..., environment: [String: String]? = nil, input: String = ""
    ) async throws -> ProgramProcess.End {
        try await ProgramProcess.run(
            arguments, environment: environment ?? self.environment, folder: folder, input: input)
    }

    @Test("tessera secret makes another one each time, of 32 random bytes")
    func secret() async throws {
        let first = try await run("secret").output.trimmingCharacters(in: .newlines)
        let second = try await run("secret").output.trimmingCharacters(in: .newlines)
        #expect(first != second)
        for secret in [first, second] {
            #expect(secret.utf8.count >= 43)
            #expect(secret.wholeMatch(of: /[A-Za-z0-9_-]+/) != nil)
        }
    }

    @Test(
        "Help says what each command does",
        arguments: [
            [], ["serve"], ["secret"], ["check"], ["token"], ["token", "inspect"], ["sessions"], ["sessions", "list"],
            ["sessions", "revoke"],
        ])
    func help(command: [String]) async throws {
        let end = try await ProgramProcess.run(command + ["--help"], folder: folder)
        #expect(end.code == 0)
        #expect(end.output.contains("OVERVIEW: "))
        #expect(end.output.contains("USAGE: tessera"))
    }

    @Test("An unknown flag or command is refused", arguments: [["serve", "--prot", "1"], ["server"]])
    func unknown(arguments: [String]) async throws {
        let end = try await ProgramProcess.run(arguments, folder: folder)
        #expect(end.code == 64)
    }

    // MARK: check

    @Test("tessera check accepts settings that can be used, and makes no file")
    func checkAccepts() async throws {
        try folder.write("url: https://example.com\nstore: sqlite:there.sqlite\n", to: "tessera.yaml")
        let end = try await run("check", "--config", "tessera.yaml")
        #expect(end.code == 0, "\(end.everything)")
        #expect(end.output.contains("The settings can be used."))
        #expect(!FileManager.default.fileExists(atPath: folder.path("there.sqlite")))
    }

    @Test("tessera check tells every problem in one run, the store's included")
    func checkRefuses() async throws {
        try folder.write("port: high\nsession: {grace: long}\n", to: "tessera.yaml")
        let end = try await run(
            "check", "--config", "tessera.yaml", "--store", "sqlite:no/such/place.sqlite", environment: [:])
        #expect(end.code == 1)
        for problem in ["port: \"high\"", "session.grace: \"long\"", "there is no secret", "no/such is not there"] {
            #expect(end.errors.contains(problem), "\(problem) in \(end.errors)")
        }
        #expect(end.errors.contains("4 problems:"))
        #expect(!end.output.contains("can be used"))
    }

    @Test("tessera check changes nothing in a store, and nothing beside it")
    func checkChangesNothing() async throws {
        // SQLite takes it for a new database, which `serve` makes tables in.
        try folder.write("", to: "empty.sqlite")
        let node = try await Node(folder: folder)
        _ = await node.stop()
        for name in ["empty.sqlite", "sessions.sqlite"] {
            let before = try folder.contents()
            let end = try await run("check", "--store", "sqlite:\(name)")
            #expect(end.code == 0, "\(end.everything)")
            #expect(try folder.contents() == before)
        }
    }

    @Test("tessera check finds that a file is no session database")
    func checkStrangeFile() async throws {
        try folder.write("a diary, and no database", to: "diary.txt")
        let end = try await run("check", "--store", "sqlite:diary.txt")
        #expect(end.code == 1)
        #expect(end.errors.contains("is not an SQLite file"))
    }

    @Test("tessera check can be run beside the node that has the store")
    func checkBesideNode() async throws {
        let node = try await Node(folder: folder)
        let end = try await run("check", "--store", "sqlite:sessions.sqlite")
        #expect(end.code == 0, "\(end.everything)")
        #expect(end.output.contains("warning: the store could not be looked at"))
        #expect(end.output.contains("is in use by process"))
        _ = await node.stop()
    }

    // MARK: token inspect

    @Test("Shows a session token of ours, from an argument or from standard input")
    func inspectOwn() async throws {
        let node = try await Node(folder: folder, store: "memory")
        let alice = Visitor(node.url)
        try await alice.signIn("alice", "wonderland")
        let session = try #require(try await alice.sessions().keys.first)
        let token = try #require(await alice.token)
        _ = await node.stop()
        for end in [
            try await run("token", "inspect", token), try await run("token", "inspect", input: token + "\n"),
        ] {
            #expect(end.code == 0, "\(end.everything)")
            for text in [
                "header   {\"alg\":\"dir\",\"enc\":\"A256GCM\",\"kid\":", "kind     session token", "user     alice",
                "sid      \(session)", "gen      1", "\"email\":\"alice@example.com\"",
            ] {
                #expect(end.output.contains(text), "\(text) in \(end.output)")
            }
        }
        let other = try await run(
            "token", "inspect", token, environment: ["NEXTAUTH_SECRET": "another-secret-for-these-tests-123"])
        #expect(other.code == 1)
        #expect(!other.output.contains("alice"))
    }

    @Test("Shows a reference token")
    func inspectReference() async throws {
        try folder.write("tokens: {format: reference}\n", to: "tessera.yaml")
        let node = try await Node(folder: folder, store: "memory", arguments: ["--config", "tessera.yaml"])
        let alice = Visitor(node.url)
        try await alice.signIn("alice", "wonderland")
        let token = try #require(await alice.token)
        _ = await node.stop()
        let end = try await run("token", "inspect", "--config", "tessera.yaml", input: token + "\n")
        #expect(end.code == 0)
        #expect(end.output.contains("kind     reference token"))
        #expect(end.output.contains("sid      \(token.prefix(22))"))
    }

    @Test("Shows a NextAuth.js token, and what an expired one said")
    func inspectNextAuth() async throws {
        let token = try NextAuthSample.token(secret: Node.secret, name: "Ada")
        let end = try await run("token", "inspect", token)
        #expect(end.code == 0)
        #expect(end.output.contains("kind     NextAuth.js session token"))
        #expect(end.output.contains("user     user-0001"))
        let old = try NextAuthSample.token(secret: Node.secret, name: "Ada", expiresIn: -60)
        let expired = try await run("token", "inspect", old)
        #expect(expired.code == 1)
        #expect(expired.output.contains("user     user-0001"))
        #expect(expired.output.contains("refused  token_expired"))
    }

    @Test(
        "Says that garbage is none",
        arguments: ["", "x", "a.b.c.d.e", "..", "\u{0}", String(repeating: "A", count: 50_000)])
    func inspectGarbage(text: String) async throws {
        let end = try await run("token", "inspect", input: text + "\n")
        #expect(end.code == 1)
        #expect(end.output.contains("refused  "))
    }
}
