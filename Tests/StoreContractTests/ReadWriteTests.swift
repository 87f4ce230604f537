import TesseraCore
import TesseraRuntime
import Testing

@Suite("A store keeps what it is given")
struct ReadWriteTests {
    @Test("An unknown user has an empty record", arguments: StoreCase.all)
    func unknownUser(_ stores: StoreCase) async throws {
        try await stores.withStore { store in
            let user = try #require(UserID("nobody"))
            #expect(try await store.load(user) == UserRecord(user: user))
        }
    }

    @Test("An unknown session has no owner", arguments: StoreCase.all)
    func unknownOwner(_ stores: StoreCase) async throws {
        try await stores.withStore { store in
            let owner = try await store.owner(of: SessionID(high: 1, low: 2))
            #expect(owner == nil)
        }
    }

    @Test("Every member of a session comes back as it was created, replaced and removed", arguments: StoreCase.all)
    func roundTrip(_ stores: StoreCase) async throws {
        try await stores.withStore { store in
            var samples = Samples(seed: 11)
            for _ in 0..<150 {
                let user = try samples.user()
                let created = samples.anySession()
                try await store.create(created, of: user)
                var expected = UserRecord(user: user, sessions: [created])
                #expect(try await store.load(user) == expected)
                #expect(try await store.owner(of: created.id) == user)

                var next = samples.anySession(id: created.id)
                let outcome = try await store.commit(expected.change([.replace(created, with: next)]))
                #expect(outcome == .committed(.primary))
                next.apply(created.lastUse)
                expected.sessions = [next]
                #expect(try await store.load(user) == expected)

                #expect(try await store.commit(expected.change([.remove(created.id)])) == .committed(.primary))
                #expect(try await store.load(user) == UserRecord(user: user))
                #expect(try await store.owner(of: created.id) == nil)
            }
        }
    }

    @Test("A user's sessions are his alone", arguments: StoreCase.all)
    func severalUsers(_ stores: StoreCase) async throws {
        try await stores.withStore { store in
            var samples = Samples(seed: 12)
            var records: [UserRecord] = []
            for count in 0..<6 {
                let user = try samples.user()
                let sessions = (0..<count).map { _ in samples.anySession() }
                let record = UserRecord(user: user, sessions: sessions)
                #expect(try await store.commit(record.change(sessions.map { .create($0) })) == .committed(.primary))
                records.append(record)
            }
            for record in records { #expect(try await store.load(record.user).inOrder == record.inOrder) }
        }
    }

    @Test("Names that look the same but have different bytes are different users", arguments: StoreCase.all)
    func namesAreBytes(_ stores: StoreCase) async throws {
        try await stores.withStore { store in
            var samples = Samples(seed: 13)
            let composed = try #require(UserID("Andr\u{e9}"))
            let decomposed = try #require(UserID("Andre\u{301}"))
            #expect(composed != decomposed)
            #expect(Set([composed, decomposed]).count == 2)
            let session = samples.session(of: composed)
            try await store.create(session, of: composed)
            #expect(try await store.load(decomposed).sessions.isEmpty)
            #expect(try await store.load(composed).sessions == [session])
            #expect(try await store.owner(of: session.id) == composed)
            #expect(
                try await store.mark([Mark(user: decomposed, session: session.id, use: session.lastUse)]).count == 1)
        }
    }

    @Test("Names may be long and of any characters", arguments: StoreCase.all)
    func unusualNames(_ stores: StoreCase) async throws {
        try await stores.withStore { store in
            var samples = Samples(seed: 14)
            for name in [String(repeating: "x", count: 256), "O'Brien; --", "利用者", "%_\\\"", "🏛️", " "] {
                let user = try #require(UserID(name))
                let session = samples.session(of: user)
                try await store.create(session, of: user)
                try await store.block(
                    Revocation(fact: .user(user, below: Epoch(1)), expires: start + .hours(1), reason: .signedOut))
                #expect(try await store.load(user).sessions == [session])
                #expect(try await store.facts().contains(.user(user, below: Epoch(1))))
            }
        }
    }

    @Test("A raised epoch and its moment come back, for a user without sessions too", arguments: StoreCase.all)
    func raisedEpoch(_ stores: StoreCase) async throws {
        try await stores.withStore { store in
            let user = try #require(UserID("ann"))
            var record = UserRecord(user: user)
            for number in 1...3 {
                let raised = UserChange.RaisedEpoch(epoch: record.epoch.next, at: start + .minutes(number))
                #expect(try await store.commit(record.change(raising: raised)) == .committed(.primary))
                record = try await store.load(user)
                #expect(record == UserRecord(user: user, epoch: raised.epoch, epochRaisedAt: raised.at))
            }
        }
    }

    @Test("A change may consist of revocations alone, or of nothing", arguments: StoreCase.all)
    func withoutEdits(_ stores: StoreCase) async throws {
        try await stores.withStore { store in
            var samples = Samples(seed: 15)
            let user = try samples.user()
            let id = samples.sessionID()
            let revocation = Revocation(fact: .session(id), expires: start + .minutes(5), reason: .signedOut)
            let change = UserRecord(user: user).change([.remove(id)], revocations: [revocation])
            #expect(try await store.commit(change) == .committed(.primary))
            #expect(try await store.revocations(at: start) == [revocation])
            #expect(try await store.commit(UserRecord(user: user).change()) == .committed(.primary))
            #expect(try await store.load(user) == UserRecord(user: user))
        }
    }

    @Test("A store that can write answers a ping, and keeps nothing of it", arguments: StoreCase.all)
    func ping(_ stores: StoreCase) async throws {
        try await stores.withStore { store in
            try await store.ping()
            try await store.ping()
            #expect(try await store.revocations(at: start).isEmpty)
        }
    }
}
