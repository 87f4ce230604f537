import Testing

@Suite("tessera sessions", .timeLimit(.minutes(4)))
struct SessionsCommandTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    @Test("Lists a user's sessions, ends one, ends all, ends everybody's")
    func listAndRevoke() async throws {
        let node = try await Node(folder: folder, store: "memory")
        let (alice, phone, bob) = (Visitor(node.url), Visitor(node.url), Visitor(node.url))
        try await alice.signIn("alice", "wonderland")
        try await phone.signIn("alice", "wonderland")
        try await bob.signIn("bob", "builder")

        let ids = Set(try await alice.sessions().keys)
        let list = try await node.sessions("list", "alice", folder: folder)
        #expect(list.code == 0)
        let lines = list.output.split(separator: "\n")
        #expect(lines.count == 3)
        #expect(lines[0].hasPrefix("id "))
        #expect(Set(lines.dropFirst().map { String($0.prefix(22)) }) == ids)
        #expect(try await node.sessions("list", "nobody", folder: folder).output == "nobody has no session.\n")

        let first = try #require(ids.first)
        let one = try await node.sessions(
            "revoke", "alice", "--session", first, "--reason", "lost phone", folder: folder)
        #expect(one.output == "1 session ended.\n\(first)\n")
        let (left, right) = (try await alice.sessions(), try await phone.sessions())
        #expect(left.count + right.count == 1)

        let all = try await node.sessions("revoke", "alice", "--reason", "suspended", folder: folder)
        #expect(all.output.hasPrefix("1 session ended.\n"))
        #expect(try await alice.name() == nil)
        #expect(try await phone.name() == nil)
        #expect(try await bob.name() == "Bob")

        #expect(try await node.sessions("revoke", "--everybody", folder: folder).code == 0)
        #expect(try await bob.name() == nil)
        let end = await node.stop()
        #expect(end.errors.contains("lost phone"))
        #expect(end.errors.contains("suspended"))
    }

    @Test("A session whose id begins with a dash can be ended like any other")
    func dash() async throws {
        let node = try await Node(folder: folder, store: "memory")
        let end = try await node.sessions("revoke", "alice", "--session", "-AAAAAAAAAAAAAAAAAAAAA", folder: folder)
        #expect(end.code == 0, "\(end.errors)")
        // Whoever mistyped an id is not told that a session has ended.
        #expect(end.output == "-AAAAAAAAAAAAAAAAAAAAA is not known here; blocked all the same.\n")
        _ = await node.stop()
    }

    @Test("A wrong key, no key, and no node are told apart")
    func refusals() async throws {
        let node = try await Node(folder: folder, store: "memory")
        let wrong = try await node.sessions("list", "alice", key: "another-operator-key", folder: folder)
        #expect(wrong.code == 1)
        #expect(wrong.errors.contains("operator_key_required"))
        let without = try await node.sessions("list", "alice", key: nil, folder: folder)
        #expect(without.code == 1)
        #expect(without.errors.contains("TESSERA_OPERATOR_KEY"))
        _ = await node.stop()
        let nobody = try await node.sessions("list", "alice", folder: folder)
        #expect(nobody.code == 1)
        #expect(nobody.errors.contains("is the node running"))
    }

    @Test(
        "What is asked for must be clear",
        arguments: [
            ["revoke"], ["revoke", "alice", "--everybody"], ["revoke", "--everybody", "--session", "x"], ["list"],
        ])
    func unclear(arguments: [String]) async throws {
        let end = try await ProgramProcess.run(["sessions"] + arguments, folder: folder)
        #expect(end.code == 64)
        #expect(end.errors.contains("Error:"))
    }
}
