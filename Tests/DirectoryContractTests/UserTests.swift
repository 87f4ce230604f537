import TesseraCore
import TesseraRuntime
import Testing

@Suite("Every directory: users and accounts")
struct UserTests {
    @Test("What is not there is nil, and nothing fails", arguments: DirectoryCase.all)
    func nothing(_ directory: DirectoryCase) async throws {
        try await directory.withDirectory { directory in
            let nobody = try userID("nobody")
            #expect(try await directory.user(nobody) == nil)
            #expect(try await directory.user(withEmail: "nobody@example.com") == nil)
            #expect(try await directory.account(key("github", "1")) == nil)
            #expect(try await directory.accounts(of: nobody).isEmpty)
            #expect(try await directory.update(nobody, UserUpdate(name: "x")) == nil)
            #expect(try await directory.delete(nobody) == false)
            #expect(try await directory.link(account("github", "1", of: "nobody")) == .unknownUser)
            #expect(try await directory.unlink(key("github", "1"), of: nobody, unlessLastOf: nil) == .unknownAccount)
            #expect(try await directory.keepTokens([1], of: key("github", "1"), ifVersion: 1) == false)
            #expect(try await directory.take(["hash"], of: "nobody@example.com") == nil)
        }
    }

    @Test(
        "131, 134: a user and his account are made together, and come back as they were", arguments: DirectoryCase.all)
    func create(_ directory: DirectoryCase) async throws {
        try await directory.withDirectory { directory in
            var ada = try user("ada", email: "ada@example.com")
            ada.emailVerified = start
            let linked = try account("github", "1", of: "ada", tokens: Array(0...255))
            #expect(try await directory.create(ada, with: linked) == .done)
            #expect(try await directory.user(ada.id) == ada)
            #expect(try await directory.user(withEmail: "ada@example.com") == ada)
            #expect(try await directory.account(linked.key) == linked)
            #expect(try await directory.accounts(of: ada.id) == [linked])
            let bob = DirectoryUser(id: try userID("bob"))
            #expect(try await directory.create(bob, with: nil) == .done)
            #expect(try await directory.user(bob.id) == bob)
        }
    }

    @Test("134: where the address or the account is taken, nothing at all is written", arguments: DirectoryCase.all)
    func atomic(_ directory: DirectoryCase) async throws {
        try await directory.withDirectory { directory in
            let ada = try user("ada", email: "ada@example.com")
            #expect(try await directory.create(ada, with: account("github", "1", of: "ada")) == .done)
            let second = try user("second", email: "ada@example.com")
            #expect(
                try await directory.create(second, with: account("google", "2", of: "second"))
                    == .emailTaken(by: ada.id))
            let third = try user("third", email: "third@example.com")
            #expect(
                try await directory.create(third, with: account("github", "1", of: "third"))
                    == .accountTaken(by: ada.id))
            #expect(try await directory.user(second.id) == nil)
            #expect(try await directory.user(third.id) == nil)
            #expect(try await directory.user(withEmail: "third@example.com") == nil)
            #expect(try await directory.account(key("google", "2")) == nil)
            #expect(try await directory.account(key("github", "1"))?.user == ada.id)
        }
    }

    @Test("Any number of users may have no address", arguments: DirectoryCase.all)
    func noAddress(_ directory: DirectoryCase) async throws {
        try await directory.withDirectory { directory in
            for name in ["ada", "bob", "cyd"] {
                let made = try user(name)
                #expect(try await directory.create(made, with: nil) == .done)
            }
        }
    }

    @Test(
        "Of many who sign in for the first time with one account at once, one makes the user",
        arguments: DirectoryCase.all)
    func race(_ directory: DirectoryCase) async throws {
        try await directory.withDirectory { directory in
            let outcomes = try await withThrowingTaskGroup(of: DirectoryOutcome.self) { group in
                for number in 0..<16 {
                    let name = "user-\(number)"
                    let made = try user(name, email: "same@example.com")
                    let linked = try account("github", "1", of: name)
                    group.addTask { try await directory.create(made, with: linked) }
                }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            let owner = try #require(try await directory.account(key("github", "1"))?.user)
            #expect(outcomes.filter { $0 == .done }.count == 1)
            #expect(outcomes.filter { $0 == .accountTaken(by: owner) }.count == 15)
            #expect(try await directory.user(withEmail: "same@example.com")?.id == owner)
        }
    }

    @Test("Linking gives a user another account, in the order of linking", arguments: DirectoryCase.all)
    func link(_ directory: DirectoryCase) async throws {
        try await directory.withDirectory { directory in
            let ada = try user("ada")
            let bob = try user("bob")
            #expect(try await directory.create(ada, with: account("z", "1", of: "ada")) == .done)
            #expect(try await directory.create(bob, with: nil) == .done)
            #expect(try await directory.link(account("a", "2", of: "ada", at: start + .seconds(1))) == .done)
            #expect(try await directory.link(account("a", "2", of: "bob")) == .accountTaken(by: ada.id))
            #expect(try await directory.link(account("a", "2", of: "ada")) == .accountTaken(by: ada.id))
            #expect(try await directory.accounts(of: ada.id).map(\.key) == [key("z", "1"), key("a", "2")])
        }
    }

    @Test("The last way in stays, also when two are taken away at once", arguments: DirectoryCase.all)
    func lastWayIn(_ directory: DirectoryCase) async throws {
        try await directory.withDirectory { directory in
            let ada = try user("ada")
            #expect(try await directory.create(ada, with: account("github", "1", of: "ada")) == .done)
            #expect(try await directory.link(account("google", "2", of: "ada")) == .done)
            #expect(try await directory.link(account("gone", "3", of: "ada")) == .done)
            let keys = [try key("github", "1"), try key("google", "2")]
            let outcomes = try await withThrowingTaskGroup(of: DirectoryOutcome.self) { group in
                for key in keys {
                    group.addTask {
                        try await directory.unlink(key, of: ada.id, unlessLastOf: ["github", "google"])
                    }
                }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(outcomes.contains(.done) && outcomes.contains(.lastWayIn))
            #expect(try await directory.accounts(of: ada.id).count == 2)
            // An account that is no way in can go, as long as one is left that is.
            #expect(
                try await directory.unlink(key("gone", "3"), of: ada.id, unlessLastOf: ["github", "google"]) == .done)
            let last = try #require(try await directory.accounts(of: ada.id).first)
            #expect(try await directory.unlink(last.key, of: ada.id, unlessLastOf: nil) == .done)
        }
    }

    @Test("Nobody takes away what is another's", arguments: DirectoryCase.all)
    func unlinkForeign(_ directory: DirectoryCase) async throws {
        try await directory.withDirectory { directory in
            #expect(try await directory.create(user("ada"), with: account("github", "1", of: "ada")) == .done)
            #expect(try await directory.create(user("bob"), with: nil) == .done)
            let outcome = try await directory.unlink(key("github", "1"), of: userID("bob"), unlessLastOf: nil)
            #expect(outcome == .unknownAccount)
            #expect(try await directory.account(key("github", "1")) != nil)
        }
    }

    @Test("149: an update changes what it names and nothing else", arguments: DirectoryCase.all)
    func update(_ directory: DirectoryCase) async throws {
        try await directory.withDirectory { directory in
            var ada = try user("ada", email: "ada@example.com")
            #expect(try await directory.create(ada, with: nil) == .done)
            ada.emailVerified = start + .seconds(5)
            #expect(try await directory.update(ada.id, UserUpdate(emailVerified: start + .seconds(5))) == ada)
            ada.name = "Ada Lovelace"
            #expect(try await directory.update(ada.id, UserUpdate(name: "Ada Lovelace")) == ada)
            #expect(try await directory.user(ada.id) == ada)
        }
    }

    @Test("With a user go his accounts, and nobody else's", arguments: DirectoryCase.all)
    func delete(_ directory: DirectoryCase) async throws {
        try await directory.withDirectory { directory in
            let ada = try user("ada", email: "ada@example.com")
            #expect(try await directory.create(ada, with: account("github", "1", of: "ada")) == .done)
            #expect(try await directory.create(user("bob"), with: account("github", "2", of: "bob")) == .done)
            #expect(try await directory.delete(ada.id))
            #expect(try await directory.user(ada.id) == nil)
            #expect(try await directory.user(withEmail: "ada@example.com") == nil)
            #expect(try await directory.account(key("github", "1")) == nil)
            #expect(try await directory.account(key("github", "2")) != nil)
        }
    }

    @Test("Names that only look alike are different", arguments: DirectoryCase.all)
    func bytes(_ directory: DirectoryCase) async throws {
        try await directory.withDirectory { directory in
            let ada = try user("ada", email: "\u{e9}@example.com")
            let linked = try account("p", "\u{e9}", of: "ada")
            let lookalike = try key("p", "e\u{301}")
            #expect(try await directory.create(ada, with: linked) == .done)
            #expect(try await directory.account(lookalike) == nil)
            #expect(try await directory.user(withEmail: "e\u{301}@example.com") == nil)
            #expect(try await directory.user(withEmail: "\u{c9}@example.com") == nil)
        }
    }
}
