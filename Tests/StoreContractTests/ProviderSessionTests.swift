import Foundation
import TesseraCore
import TesseraRuntime
import Testing

@Suite("Where sessions were begun")
struct ProviderSessionTests {
    /// Now: Redis ends what has expired by its own clock.
    private let now = Timestamp(seconds: Int64(Date().timeIntervalSince1970))

    private func name(_ number: UInt8) -> ProviderName {
        // Different first bits: different shards.
        ProviderName(bytes: [number &* 37] + Array(repeating: number, count: 15))
    }

    private func id(_ number: UInt8) -> SessionID {
        SessionID(high: UInt64(number &* 53) << 56, low: UInt64(number))
    }

    private func user(_ name: String) -> UserID {
        guard let user = UserID(name) else { preconditionFailure("the tests' names are users' names") }
        return user
    }

    private func session(
        _ number: UInt8, of user: String = "ada lovelace", subject: UInt8, at provider: UInt8? = nil,
        issued: Duration = .zero, expires: Duration = .hours(1), hint: [UInt8]? = nil
    ) -> ProviderSession {
        ProviderSession(
            session: id(number), user: self.user(user),
            names: .init(subject: name(subject), session: provider.map { name($0) }, issuedAt: now + issued),
            origin: hint.map { .init(provider: "peer", hint: $0) }, expires: now + expires)
    }

    private func logout(
        _ name: UInt8, of subject: UInt8? = nil, endsUpTo: Timestamp = .distantFuture,
        refusesUpTo: Timestamp = .distantFuture, remembered: Duration = .minutes(15)
    ) -> ProviderLogout {
        ProviderLogout(
            name: self.name(name), subject: subject.map { self.name($0) }, endsUpTo: endsUpTo,
            refusesUpTo: refusesUpTo, remembered: now + remembered)
    }

    @Test(
        "A subject's logout finds all sessions that were begun from it, and no others",
        arguments: ProviderSessionCase.all)
    func subject(_ store: ProviderSessionCase) async throws {
        try await store.with { (store) async throws in
            #expect(try await store.keep(session(1, subject: 10, at: 20), at: now))
            #expect(try await store.keep(session(2, of: "bob", subject: 10), at: now))
            #expect(try await store.keep(session(3, subject: 11, at: 21), at: now))
            let ended = try await store.end(logout(10), at: now)
            #expect(Set(ended) == [owned(1, "ada lovelace"), owned(2, "bob")])
            #expect(try await store.end(logout(12), at: now).isEmpty)
            // Asked again, it says the same: whoever asks may not have got the answer.
            #expect(try await store.end(logout(10), at: now).count == 2)
        }
    }

    @Test(
        "A session's logout finds what was begun from it; with a subject only where that fits",
        arguments: ProviderSessionCase.all)
    func named(_ store: ProviderSessionCase) async throws {
        try await store.with { (store) async throws in
            #expect(try await store.keep(session(1, subject: 10, at: 20), at: now))
            #expect(try await store.keep(session(2, subject: 10, at: 21), at: now))
            #expect(try await store.end(logout(20, of: 11), at: now).isEmpty)
            #expect(try await store.end(logout(20, of: 10), at: now) == [owned(1)])
            #expect(try await store.end(logout(21), at: now) == [owned(2)])
        }
    }

    @Test("What was begun later goes on", arguments: ProviderSessionCase.all)
    func later(_ store: ProviderSessionCase) async throws {
        try await store.with { (store) async throws in
            #expect(try await store.keep(session(1, subject: 10), at: now))
            #expect(try await store.keep(session(2, subject: 10, issued: .seconds(20)), at: now))
            #expect(try await store.end(logout(10, endsUpTo: now + .seconds(19)), at: now) == [owned(1)])
        }
    }

    @Test(
        "Nothing is begun any more from what has ended, by either name, as long as that is remembered",
        arguments: ProviderSessionCase.all)
    func tombstone(_ store: ProviderSessionCase) async throws {
        try await store.with { (store) async throws in
            _ = try await store.end(logout(20), at: now)
            #expect(try await !store.keep(session(1, subject: 10, at: 20, issued: .minutes(1)), at: now))
            _ = try await store.end(logout(10, refusesUpTo: now), at: now)
            #expect(try await !store.keep(session(2, subject: 10, at: 21), at: now))
            #expect(try await store.keep(session(3, subject: 10, at: 21, issued: .seconds(1)), at: now))
            // An earlier logout that comes later does not take that back.
            _ = try await store.end(logout(10, refusesUpTo: now - .seconds(60), remembered: .seconds(1)), at: now)
            #expect(try await !store.keep(session(4, subject: 10), at: now))
            #expect(try await store.keep(session(5, subject: 10), at: now + .minutes(16)))
        }
    }

    @Test(
        "Where a session comes from is known until it is forgotten or over; a logout still finds it",
        arguments: ProviderSessionCase.all)
    func origin(_ store: ProviderSessionCase) async throws {
        try await store.with { (store) async throws in
            let hint: [UInt8] = [0, 1, 255, 10, 13]
            #expect(try await store.keep(session(1, subject: 10, hint: hint), at: now))
            let found = try await store.origin(of: id(1), at: now)
            #expect(found == ProviderSession.Origin(provider: "peer", hint: hint))
            #expect(try await store.origin(of: id(2), at: now) == nil)
            #expect(try await store.origin(of: id(1), at: now + .hours(1)) == nil)
            try await store.forgetOrigin(of: id(1))
            #expect(try await store.origin(of: id(1), at: now) == nil)
            #expect(try await store.end(logout(10), at: now) == [owned(1)])
            // Kept for signing out there alone: no logout finds it.
            let plain = ProviderSession(
                session: id(3), user: user("ada"), names: nil,
                origin: .init(provider: "peer", hint: []), expires: now + .hours(1))
            #expect(try await store.keep(plain, at: now))
            #expect(try await store.origin(of: id(3), at: now)?.hint == [])
        }
    }

    @Test("What has expired is not found, and a sweep drops it", arguments: ProviderSessionCase.all)
    func expiry(_ store: ProviderSessionCase) async throws {
        try await store.with { (store) async throws in
            #expect(try await store.keep(session(1, subject: 10, expires: .minutes(1)), at: now))
            #expect(try await store.keep(session(2, subject: 10, expires: .minutes(9)), at: now))
            #expect(try await store.end(logout(10), at: now + .minutes(2)) == [owned(2)])
            _ = try await store.sweepProviderSessions(at: now + .minutes(2))
            #expect(try await store.end(logout(10), at: now).contains(owned(2)))
            _ = try await store.sweepProviderSessions(at: now + .minutes(30))
            #expect(try await store.sweepProviderSessions(at: now + .minutes(30)) == 0)
        }
    }

    @Test("A logout token is used once, however many try, until its time is over", arguments: ProviderSessionCase.all)
    func use(_ store: ProviderSessionCase) async throws {
        try await store.with { (store) async throws in
            let answers = try await withThrowingTaskGroup(of: Bool.self) { group in
                for _ in 0..<20 {
                    group.addTask { try await store.use(name(30), until: now + .minutes(2), at: now) }
                }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(answers.filter { $0 }.count == 1)
            #expect(try await store.use(name(31), until: now + .minutes(2), at: now))
            #expect(try await !store.use(name(31), until: now + .minutes(2), at: now))
        }
    }

    @Test("Many sessions of one subject are all found", arguments: ProviderSessionCase.all)
    func many(_ store: ProviderSessionCase) async throws {
        try await store.with { (store) async throws in
            for number in UInt8(0)..<100 {
                #expect(try await store.keep(session(number, of: "user-\(number)", subject: 10), at: now))
            }
            #expect(try await store.end(logout(10), at: now).count == 100)
        }
    }

    private func owned(_ number: UInt8, _ user: String = "ada lovelace") -> OwnedSession {
        OwnedSession(session: id(number), user: self.user(user))
    }
}
