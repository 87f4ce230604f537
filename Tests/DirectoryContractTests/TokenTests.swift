import TesseraCore
import TesseraRuntime
import Testing

@Suite("Every directory: provider tokens and links")
struct TokenTests {
    private let first = LeaseHolder(bytes: [1])
    private let second = LeaseHolder(bytes: [2])

    @Test("Of many who ask for a lease at once, one gets it", arguments: DirectoryCase.all)
    func leaseRace(_ directory: DirectoryCase) async throws {
        try await directory.withDirectory { directory in
            let linked = try account("github", "1", of: "ada", tokens: [7])
            #expect(try await directory.create(user("ada"), with: linked) == .done)
            let answers = try await withThrowingTaskGroup(of: LeaseAnswer.self) { group in
                for number in UInt8(0)..<16 {
                    group.addTask {
                        try await directory.lease(
                            linked.key, for: LeaseHolder(bytes: [number]), until: start + .seconds(30), at: start)
                    }
                }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(answers.filter { $0 == .granted(linked) }.count == 1)
            #expect(answers.filter { $0 == .held(until: start + .seconds(30)) }.count == 15)
        }
    }

    @Test(
        "A lease is renewed by its holder, runs out for others, and ends with the write", arguments: DirectoryCase.all)
    func lease(_ directory: DirectoryCase) async throws {
        try await directory.withDirectory { directory in
            let linked = try account("github", "1", of: "ada", tokens: [7])
            #expect(try await directory.create(user("ada"), with: linked) == .done)
            let end = start + .seconds(30)
            #expect(try await directory.lease(linked.key, for: first, until: end, at: start) == .granted(linked))
            #expect(try await directory.lease(linked.key, for: first, until: end, at: start) == .granted(linked))
            #expect(try await directory.lease(linked.key, for: second, until: end, at: start) == .held(until: end))
            #expect(try await directory.keepRefreshed([8], of: linked.key, by: second) == false)
            #expect(try await directory.keepRefreshed([8], of: linked.key, by: first))
            #expect(try await directory.keepRefreshed([9], of: linked.key, by: first) == false)
            var written = linked
            written.tokens = [8]
            written.version = 2
            #expect(try await directory.account(linked.key) == written)
            #expect(
                try await directory.lease(linked.key, for: second, until: end, at: start) == .granted(written))
            try await directory.release(linked.key, by: first)
            #expect(try await directory.lease(linked.key, for: first, until: end, at: start) == .held(until: end))
            try await directory.release(linked.key, by: second)
            #expect(try await directory.lease(linked.key, for: first, until: end, at: start) == .granted(written))
        }
    }

    @Test(
        "Late tokens are still written while nobody else has the lease, and not afterwards",
        arguments: DirectoryCase.all)
    func lateWrite(_ directory: DirectoryCase) async throws {
        try await directory.withDirectory { directory in
            let linked = try account("github", "1", of: "ada")
            #expect(try await directory.create(user("ada"), with: linked) == .done)
            let end = start + .seconds(30)
            _ = try await directory.lease(linked.key, for: first, until: end, at: start)
            #expect(try await directory.keepRefreshed([8], of: linked.key, by: first))
            _ = try await directory.lease(linked.key, for: first, until: end, at: start)
            let late = try await directory.lease(linked.key, for: second, until: end + .seconds(30), at: end)
            #expect(late != .held(until: end))
            #expect(try await directory.keepRefreshed([9], of: linked.key, by: first) == false)
            #expect(try await directory.account(linked.key)?.tokens == [8])
        }
    }

    @Test(
        "A sign-in writes tokens whoever has the lease, unless they have changed since it read them",
        arguments: DirectoryCase.all)
    func signInWrites(_ directory: DirectoryCase) async throws {
        try await directory.withDirectory { directory in
            let linked = try account("github", "1", of: "ada")
            #expect(try await directory.create(user("ada"), with: linked) == .done)
            _ = try await directory.lease(linked.key, for: first, until: start + .seconds(30), at: start)
            #expect(try await directory.keepTokens([5], of: linked.key, ifVersion: 1))
            #expect(try await directory.keepTokens([6], of: linked.key, ifVersion: 1) == false)
            #expect(try await directory.account(linked.key)?.tokens == [5])
            #expect(try await directory.account(linked.key)?.version == 2)
        }
    }

    @Test("A refresh that is under way does not write over the tokens of a sign-in", arguments: DirectoryCase.all)
    func signInDuringRefresh(_ directory: DirectoryCase) async throws {
        try await directory.withDirectory { directory in
            let linked = try account("github", "1", of: "ada")
            #expect(try await directory.create(user("ada"), with: linked) == .done)
            let end = start + .seconds(30)
            _ = try await directory.lease(linked.key, for: first, until: end, at: start)
            // A write that is refused leaves the lease as it is.
            #expect(try await directory.keepTokens([4], of: linked.key, ifVersion: 7) == false)
            #expect(try await directory.lease(linked.key, for: second, until: end, at: start) == .held(until: end))
            #expect(try await directory.keepTokens([5], of: linked.key, ifVersion: 1))
            #expect(try await directory.keepRefreshed([8], of: linked.key, by: first) == false)
            #expect(try await directory.account(linked.key)?.tokens == [5])
            let written = try #require(try await directory.account(linked.key))
            #expect(try await directory.lease(linked.key, for: second, until: end, at: start) == .granted(written))
        }
    }

    @Test("146: a link is taken once, by its hash and for its address", arguments: DirectoryCase.all)
    func take(_ directory: DirectoryCase) async throws {
        try await directory.withDirectory { directory in
            let token = VerificationToken(identifier: "a@b.c", hash: "h1", expires: start)
            let other = VerificationToken(identifier: "a@b.c", hash: "h2", expires: start + .seconds(1))
            try await directory.keep(token)
            try await directory.keep(other)
            #expect(try await directory.take(["h1"], of: "other@b.c") == nil)
            #expect(try await directory.take(["h3"], of: "a@b.c") == nil)
            #expect(try await directory.take([], of: "a@b.c") == nil)
            #expect(try await directory.take(["h0", "h1"], of: "a@b.c") == token)
            #expect(try await directory.take(["h0", "h1"], of: "a@b.c") == nil)
            #expect(try await directory.take(["h2"], of: "a@b.c") == other)
        }
    }

    @Test("146: of many who bring the same link at once, one gets it", arguments: DirectoryCase.all)
    func takeRace(_ directory: DirectoryCase) async throws {
        try await directory.withDirectory { directory in
            try await directory.keep(VerificationToken(identifier: "a@b.c", hash: "h", expires: start))
            let taken = try await withThrowingTaskGroup(of: Int.self) { group in
                for _ in 0..<16 {
                    group.addTask { try await directory.take(["h"], of: "a@b.c") == nil ? 0 : 1 }
                }
                return try await group.reduce(0, +)
            }
            #expect(taken == 1)
        }
    }

    @Test("What has expired is swept, and nothing else", arguments: DirectoryCase.all)
    func sweep(_ directory: DirectoryCase) async throws {
        try await directory.withDirectory { directory in
            try await directory.keep(VerificationToken(identifier: "a@b.c", hash: "old", expires: start))
            try await directory.keep(
                VerificationToken(identifier: "a@b.c", hash: "new", expires: start + .seconds(1)))
            #expect(try await directory.sweep(at: start) == 1)
            #expect(try await directory.take(["old"], of: "a@b.c") == nil)
            #expect(try await directory.take(["new"], of: "a@b.c") != nil)
        }
    }
}
