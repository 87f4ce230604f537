import TesseraCore
import TesseraRuntime
import TesseraTestKit
import Testing

@Suite("A mark moves a last use forward, and does nothing else")
struct MarkTests {
    private static func use(_ minutes: Int, _ generation: UInt32) -> SessionRecord.Use {
        SessionRecord.Use(at: start + .minutes(minutes), generation: Generation(generation))
    }

    @Test("The later moment and the higher generation stay, in whatever order the marks come", arguments: StoreCase.all)
    func commutativeMaximum(_ stores: StoreCase) async throws {
        try await stores.withStore { store in
            var samples = Samples(seed: 40)
            var random = SeededRandom(seed: 41)
            let uses = [Self.use(1, 3), Self.use(2, 2), Self.use(3, 1), Self.use(3, 1), Self.use(-9, 0)]
            for _ in 0..<20 {
                let user = try samples.user()
                let session = samples.session()
                try await store.create(session, of: user)
                let marks = uses.shuffled(using: &random).map { Mark(user: user, session: session.id, use: $0) }
                let split = Int.random(in: 0...marks.count, using: &random)
                #expect(try await store.mark(Array(marks[..<split])).isEmpty)
                #expect(try await store.mark(Array(marks[split...])).isEmpty)
                var expected = session
                expected.lastUse = Self.use(3, 3)
                #expect(try await store.load(user) == UserRecord(user: user, sessions: [expected]))
            }
        }
    }

    @Test("A mark makes no change stale, and a change loses no mark", arguments: StoreCase.all)
    func marksAndChanges(_ stores: StoreCase) async throws {
        try await stores.withStore { store in
            var samples = Samples(seed: 42)
            let user = try samples.user()
            let session = samples.session()
            try await store.create(session, of: user)
            let record = try await store.load(user)
            #expect(try await store.mark([Mark(user: user, session: session.id, use: Self.use(2, 1))]).isEmpty)
            let next = session.rotated(at: start + .minutes(1))
            #expect(try await store.commit(record.change([.replace(session, with: next)])) == .committed(.primary))
            let held = try #require(try await store.load(user)[session.id])
            #expect(held.matches(next))
            #expect(held.lastUse == Self.use(2, 1))

            var used = next.rotated(at: start + .minutes(5))
            used.lastUse = Self.use(1, 7)
            #expect(try await store.commit(record.change([.replace(next, with: used)])) == .committed(.primary))
            #expect(try await store.load(user)[session.id]?.lastUse == Self.use(2, 7))
        }
    }

    @Test("Marks of sessions that are not there come back, and the others count", arguments: StoreCase.all)
    func unknownSessions(_ stores: StoreCase) async throws {
        try await stores.withStore { store in
            var samples = Samples(seed: 43)
            let (user, other, stranger) = (try samples.user(), try samples.user(), try samples.user())
            let (session, ofOther) = (samples.session(), samples.session())
            try await store.create(session, of: user)
            try await store.create(ofOther, of: other)
            let unknown = [
                Mark(user: user, session: samples.sessionID(), use: Self.use(1, 1)),
                Mark(user: stranger, session: session.id, use: Self.use(1, 1)),
                Mark(user: user, session: ofOther.id, use: Self.use(1, 1)),
            ]
            let known = Mark(user: user, session: session.id, use: Self.use(1, 1))
            let answered = try await store.mark([unknown[0], known, unknown[1], unknown[2]])
            #expect(Set(answered) == Set(unknown))
            #expect(answered.count == 3)
            var used = session
            used.lastUse = Self.use(1, 1)
            #expect(try await store.load(user) == UserRecord(user: user, sessions: [used]))
            #expect(try await store.load(other) == UserRecord(user: other, sessions: [ofOther]))
            #expect(try await store.load(stranger) == UserRecord(user: stranger))
            #expect(try await store.owner(of: unknown[0].session) == nil)
        }
    }

    @Test("No marks are no work", arguments: StoreCase.all)
    func noMarks(_ stores: StoreCase) async throws {
        try await stores.withStore { store in
            let unknown = try await store.mark([])
            #expect(unknown.isEmpty)
        }
    }

    @Test("A mark after the session's end brings nothing back", arguments: StoreCase.all)
    func markAfterEnd(_ stores: StoreCase) async throws {
        try await stores.withStore { store in
            var samples = Samples(seed: 44)
            let user = try samples.user()
            let (removed, blocked, swept) = (
                samples.session(), samples.session(), samples.session(at: start - .days(9))
            )
            try await store.create(removed, blocked, swept, of: user)
            let record = try await store.load(user)
            #expect(try await store.commit(record.change([.remove(removed.id)])) == .committed(.primary))
            try await store.block(
                Revocation(fact: .session(blocked.id), expires: start + .hours(1), reason: .revokedByOperator))
            #expect(try await store.sweep(at: start).sessions == 1)
            let marks = [removed, blocked, swept].map { Mark(user: user, session: $0.id, use: Self.use(1, 1)) }
            #expect(Set(try await store.mark(marks)) == Set(marks))
            #expect(try await store.load(user) == UserRecord(user: user))
        }
    }

    @Test("A session whose epoch is outdated counts as not there", arguments: StoreCase.all)
    func outdatedEpoch(_ stores: StoreCase) async throws {
        try await stores.withStore { store in
            var samples = Samples(seed: 45)
            let user = try samples.user()
            let (old, new) = (samples.session(), samples.session(userEpoch: Epoch(1)))
            try await store.create(old, of: user)
            // Another node's sign-in slipped in between: the epoch is raised, but the session was not known.
            let raised = UserChange.RaisedEpoch(epoch: Epoch(1), at: start)
            let record = UserRecord(user: user)
            #expect(try await store.commit(record.change([.create(new)], raising: raised)) == .committed(.primary))
            let marks = [old, new].map { Mark(user: user, session: $0.id, use: Self.use(1, 1)) }
            #expect(try await store.mark(marks) == [marks[0]])
            #expect(try await store.load(user)[old.id]?.lastUse == old.lastUse)
            #expect(try await store.load(user)[new.id]?.lastUse == Self.use(1, 1))
        }
    }

    @Test("A session of an outdated deployment counts as not there", arguments: StoreCase.all)
    func outdatedDeployment(_ stores: StoreCase) async throws {
        try await stores.withStore { store in
            var samples = Samples(seed: 46)
            let user = try samples.user()
            let (old, new) = (samples.session(), samples.session(deploymentEpoch: Epoch(2)))
            try await store.create(old, new, of: user)
            try await store.block(
                Revocation(fact: .everybody(below: Epoch(2)), expires: start + .hours(1), reason: .revokedByOperator))
            let marks = [old, new].map { Mark(user: user, session: $0.id, use: Self.use(1, 1)) }
            #expect(try await store.mark(marks) == [marks[0]])
        }
    }
}
