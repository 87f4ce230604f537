import TesseraCore
import TesseraRuntime
import Testing

/// A message that is made at a moment.
func message(_ id: String, at moment: Timestamp = start) -> OutboxMessage {
    OutboxMessage(id: id, created: moment, body: Array("\(id): ".utf8) + [0, 10, 255])
}

extension Outbox {
    /// Takes everything that is due, for a minute.
    func due(at now: Timestamp) async throws -> [OutboxEntry] {
        try await claim(100, until: now + .seconds(60), at: now).entries
    }
}

@Suite("Every outbox")
struct OutboxTests {
    @Test("A message is handed to one caller at a time, and after his time to another", arguments: DirectoryCase.all)
    func claim(_ directory: DirectoryCase) async throws {
        try await directory.withParts { parts in
            let outbox = parts.outbox
            try await outbox.append([message("a"), message("b", at: start + .seconds(1))])
            let first = try await outbox.claim(10, until: start + .seconds(9), at: start)
            #expect(first.entries.map(\.message) == [message("a")])
            #expect(first.entries.map(\.attempts) == [1])
            let second = try await outbox.claim(10, until: start + .seconds(20), at: start + .seconds(1))
            #expect(second.entries.map(\.message.id) == ["b"])
            #expect(try await outbox.due(at: start + .seconds(8)).isEmpty)
            let again = try await outbox.due(at: start + .seconds(9))
            #expect(again.map(\.message) == [message("a")])
            #expect(again.map(\.attempts) == [2])
        }
    }

    @Test("What is removed is gone, what is postponed comes when it is due", arguments: DirectoryCase.all)
    func removed(_ directory: DirectoryCase) async throws {
        try await directory.withParts { parts in
            let outbox = parts.outbox
            try await outbox.append([message("a"), message("b")])
            let claimed = try await outbox.due(at: start)
            #expect(Set(claimed.map(\.message.id)) == ["a", "b"])
            let a = try #require(claimed.first { $0.message.id == "a" })
            let b = try #require(claimed.first { $0.message.id == "b" })
            try await outbox.remove([a])
            try await outbox.postpone(b, until: start + .hours(1))
            #expect(try await outbox.due(at: start + .hours(1) - .seconds(1)).isEmpty)
            #expect(try await outbox.due(at: start + .hours(1)).map(\.message) == [message("b")])
            try await outbox.remove([a, b])
            #expect(try await outbox.due(at: start + .days(9)).isEmpty)
        }
    }

    @Test("Of many callers at once, one gets each message", arguments: DirectoryCase.all)
    func race(_ directory: DirectoryCase) async throws {
        try await directory.withParts { parts in
            try await parts.outbox.append((0..<5).map { message("\($0)") })
            let taken = try await withThrowingTaskGroup(of: [String].self) { group in
                for _ in 0..<8 {
                    group.addTask {
                        try await parts.outbox.claim(2, until: start + .days(1), at: start).entries.map(\.message.id)
                    }
                }
                return try await group.reduce(into: []) { $0 += $1 }
            }
            #expect(taken.sorted() == ["0", "1", "2", "3", "4"])
        }
    }

    @Test("A full outbox refuses what stands alone, all of it", arguments: DirectoryCase.all)
    func full(_ directory: DirectoryCase) async throws {
        try await directory.withParts { parts in
            try await parts.outbox.append((1...4).map { message("\($0)") })
            await #expect(throws: StoreError.self) { try await parts.outbox.append([message("5"), message("6")]) }
            try await parts.outbox.append([message("5")])
            await #expect(throws: StoreError.self) { try await parts.outbox.append([message("6")]) }
            #expect(try await parts.outbox.due(at: start).count == 5)
        }
    }

    @Test(
        "A change of the directory brings its message along; one that does not happen brings none",
        arguments: DirectoryCase.all)
    func withChange(_ directory: DirectoryCase) async throws {
        try await directory.withParts { parts in
            let (directory, outbox) = (parts.directory, parts.outbox)
            let ada = try user("ada", email: "ada@example.com")
            let (first, second) = (try account("github", "1", of: "ada"), try account("google", "2", of: "ada"))
            #expect(try await directory.create(ada, with: first, telling: [message("made"), message("m2")]) == .done)
            #expect(try await directory.link(second, telling: [message("linked")]) == .done)
            let name = UserUpdate(name: "Ada")
            #expect(try await directory.update(ada.id, name, telling: [message("updated")])?.name == "Ada")
            let gone = try await directory.unlink(
                first.key, of: ada.id, unlessLastOf: ["google"], telling: [message("unlinked")])
            #expect(gone == .done)
            let told = try await outbox.due(at: start)
            #expect(Set(told.map(\.message.id)) == ["made", "m2", "linked", "updated", "unlinked"])
            #expect(told.allSatisfy { $0.message == message($0.message.id) })
            try await outbox.remove(told)

            let bob = try user("bob", email: "ada@example.com")
            #expect(try await directory.create(bob, with: nil, telling: [message("no")]) == .emailTaken(by: ada.id))
            #expect(try await directory.link(second, telling: [message("no")]) == .accountTaken(by: ada.id))
            #expect(try await directory.update(bob.id, name, telling: [message("no")]) == nil)
            let last = try await directory.unlink(
                second.key, of: ada.id, unlessLastOf: ["google"], telling: [message("no")])
            #expect(last == .lastWayIn)
            #expect(try await outbox.due(at: start + .days(1)).isEmpty)
        }
    }

    @Test(
        "A change finds the outbox full: it happens, and what was left out is counted once",
        arguments: DirectoryCase.all)
    func fullWithChange(_ directory: DirectoryCase) async throws {
        try await directory.withParts { parts in
            let (directory, outbox) = (parts.directory, parts.outbox)
            try await outbox.append((1...4).map { message("\($0)") })
            let told = [message("5"), message("6"), message("7")]
            let ada = try user("ada")
            #expect(try await directory.create(ada, with: nil, telling: told) == .done)
            #expect(try await directory.user(ada.id) == ada)
            let claim = try await outbox.claim(100, until: start + .days(1), at: start)
            #expect(Set(claim.entries.map(\.message.id)) == ["1", "2", "3", "4", "5"])
            #expect(claim.leftOut == 2)
            try await outbox.remove(claim.entries)
            try await outbox.append([message("8")])
            #expect(try await outbox.claim(100, until: start + .days(1), at: start).leftOut == 0)
        }
    }
}
