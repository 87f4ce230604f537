import TesseraCore
import TesseraRuntime
import TesseraTestKit
import Testing

@Suite("A sweep removes what has reached its limit, and nothing else")
struct SweepTests {
    @Test("A session goes at its idle limit, not a millisecond before", arguments: StoreCase.all)
    func idleLimit(_ stores: StoreCase) async throws {
        try await stores.withStore { store in
            var samples = Samples(seed: 80)
            let user = try samples.user()
            let session = samples.session()
            try await store.create(session, of: user)
            let limit = start + .hours(1)
            #expect(try await store.sweep(at: limit - .milliseconds(1)).sessions == 0)
            #expect(try await store.load(user).sessions == [session])
            #expect(try await store.sweep(at: limit) == SweepResult(sessions: 1, revocations: 0))
            #expect(try await store.load(user).sessions.isEmpty)
            #expect(try await store.owner(of: session.id) == nil)
        }
    }

    @Test("Uses and rotations move the limit, to the absolute one at most", arguments: StoreCase.all)
    func movedLimit(_ stores: StoreCase) async throws {
        try await stores.withStore { store in
            var samples = Samples(seed: 81)
            let user = try samples.user()
            var (marked, rotated, longest) = (samples.session(), samples.session(), samples.session())
            try await store.create(marked, rotated, longest, of: user)
            let record = try await store.load(user)
            marked.lastUse = SessionRecord.Use(at: start + .minutes(30), generation: .first)
            longest.lastUse = SessionRecord.Use(at: start + .minutes(1439), generation: .first)
            let marks = [marked, longest].map { Mark(user: user, session: $0.id, use: $0.lastUse) }
            #expect(try await store.mark(marks).isEmpty)
            let next = rotated.rotated(at: start + .minutes(45))
            #expect(try await store.commit(record.change([.replace(rotated, with: next)])) == .committed(.primary))

            let steps: [(minutes: Int, ends: SessionID)] = [(90, marked.id), (105, rotated.id), (1440, longest.id)]
            for step in steps {
                let limit = start + .minutes(step.minutes)
                #expect(try await store.sweep(at: limit - .milliseconds(1)).sessions == 0)
                #expect(try await store.owner(of: step.ends) == user)
                #expect(try await store.sweep(at: limit).sessions == 1)
                #expect(try await store.owner(of: step.ends) == nil)
            }
        }
    }

    @Test("A replacement that ends earlier is swept at its own limit", arguments: StoreCase.all)
    func shortenedLimit(_ stores: StoreCase) async throws {
        try await stores.withStore { store in
            var samples = Samples(seed: 82)
            let user = try samples.user()
            let session = samples.session()
            try await store.create(session, of: user)
            let shorter = SessionRecord(
                id: session.id, generation: Generation(2), rotatedAt: start, createdAt: start, authenticatedAt: start,
                idleTimeout: .minutes(10), absoluteLimit: start + .hours(2), userEpoch: .initial,
                deploymentEpoch: .initial, device: .unknown, adoptedUntil: nil, claims: nil, lastUse: session.lastUse)
            let change = try await store.load(user).change([.replace(session, with: shorter)])
            #expect(try await store.commit(change) == .committed(.primary))
            #expect(try await store.sweep(at: start + .minutes(10)).sessions == 1)
        }
    }

    @Test("The limit of any session is the rule's own", arguments: StoreCase.all)
    func anySession(_ stores: StoreCase) async throws {
        try await stores.withStore { store in
            var samples = Samples(seed: 83)
            let user = try samples.user()
            let sessions = (0..<60).map { _ in samples.anySession() }
            let change = try await store.load(user).change(sessions.map { .create($0) })
            #expect(try await store.commit(change) == .committed(.primary))
            let limits = sessions.map(\.limit).sorted()
            for limit in [limits[0], limits[20], limits[40], limits[59]] {
                _ = try await store.sweep(at: limit - .milliseconds(1))
                let before = sessions.filter { !$0.isExpired(at: limit - .milliseconds(1)) }
                #expect(Set(try await store.load(user).sessions) == Set(before))
                _ = try await store.sweep(at: limit)
                let left = sessions.filter { !$0.isExpired(at: limit) }
                #expect(Set(try await store.load(user).sessions) == Set(left))
            }
        }
    }

    @Test("More than one step's worth goes in one sweep, and the number is right", arguments: StoreCase.all)
    func manySessions(_ stores: StoreCase) async throws {
        try await stores.withStore { store in
            var samples = Samples(seed: 84)
            for _ in 0..<7 {
                let user = try samples.user()
                let record = UserRecord(user: user)
                let old = (0..<100).map { _ in SessionEdit.create(samples.session(at: start - .days(2))) }
                let new = (0..<10).map { _ in SessionEdit.create(samples.session()) }
                let revocations = (0..<100).map { _ in
                    Revocation(fact: .session(samples.sessionID()), expires: start, reason: .signedOut)
                }
                #expect(
                    try await store.commit(record.change(old + new, revocations: revocations)) == .committed(.primary))
            }
            #expect(try await store.sweep(at: start) == SweepResult(sessions: 700, revocations: 700))
            #expect(try await store.sweep(at: start) == SweepResult(sessions: 0, revocations: 0))
            #expect(try await store.sweep(at: start + .days(2)).sessions == 70)
        }
    }

    @Test("An adopted session that is swept cannot be adopted again while its token lives", arguments: StoreCase.all)
    func adopted(_ stores: StoreCase) async throws {
        try await stores.withStore { store in
            var samples = Samples(seed: 85)
            let user = try samples.user()
            let adopted = samples.session(adoptedUntil: start + .days(9))
            let overdue = samples.session(adoptedUntil: start)
            try await store.create(adopted, overdue, of: user)
            let now = start + .hours(1)
            #expect(try await store.sweep(at: now) == SweepResult(sessions: 2, revocations: 0))
            let expires = start + .days(9) + SessionPolicy.clockSkew
            #expect(
                try await store.revocations(at: now) == [
                    Revocation(fact: .session(adopted.id), expires: expires, reason: .expired)
                ])
            let record = try await store.load(user)
            #expect(try await store.commit(record.change([.create(adopted)])) == .sessionEnded(adopted.id))
            #expect(try await store.sweep(at: expires - .milliseconds(1)).revocations == 0)
            #expect(try await store.sweep(at: expires).revocations == 1)
        }
    }

    @Test("A blocklist entry goes at its expiry", arguments: StoreCase.all)
    func blocklist(_ stores: StoreCase) async throws {
        try await stores.withStore { store in
            var samples = Samples(seed: 86)
            let facts: [EndedFact] = [
                .token(try samples.tokenID()), .session(samples.sessionID()),
                .user(try samples.user(), below: Epoch(1)),
                .generations(samples.sessionID(), below: Generation(1)),
            ]
            for fact in facts {
                try await store.block(Revocation(fact: fact, expires: start + .minutes(1), reason: .reuse))
            }
            #expect(try await store.sweep(at: start + .minutes(1) - .milliseconds(1)).revocations == 0)
            #expect(try await store.facts().count == 4)
            #expect(try await store.sweep(at: start + .minutes(1)).revocations == 4)
            #expect(try await store.facts().isEmpty)
        }
    }

    @Test("A raised epoch is remembered for 400 days, longer while there are sessions", arguments: StoreCase.all)
    func epochs(_ stores: StoreCase) async throws {
        try await stores.withStore { store in
            var samples = Samples(seed: 87)
            let (idle, active) = (try samples.user(), try samples.user())
            for user in [idle, active] {
                let raised = UserChange.RaisedEpoch(epoch: Epoch(7), at: start)
                #expect(try await store.commit(UserRecord(user: user).change(raising: raised)) == .committed(.primary))
            }
            let end = start + .days(400)
            try await store.create(samples.session(at: end, userEpoch: Epoch(7)), of: active)
            _ = try await store.sweep(at: end - .milliseconds(1))
            #expect(try await store.load(idle).epoch == Epoch(7))
            _ = try await store.sweep(at: end)
            #expect(try await store.load(idle) == UserRecord(user: idle))
            #expect(try await store.load(active).epoch == Epoch(7))
            _ = try await store.sweep(at: end + .days(2))
            _ = try await store.sweep(at: end + .days(2))
            #expect(try await store.load(active) == UserRecord(user: active))
        }
    }

    @Test("A raised epoch is remembered as long as its revocation", arguments: StoreCase.all)
    func epochWithRevocation(_ stores: StoreCase) async throws {
        try await stores.withStore { store in
            let user = try #require(UserID("ann"))
            let raised = UserChange.RaisedEpoch(epoch: Epoch(1), at: start)
            let long = Revocation(
                fact: .user(user, below: Epoch(1)), expires: start + .days(500), reason: .revokedByOperator)
            let change = UserRecord(user: user).change(raising: raised, revocations: [long])
            #expect(try await store.commit(change) == .committed(.primary))
            _ = try await store.sweep(at: start + .days(450))
            #expect(try await store.load(user).epoch == Epoch(1))
            _ = try await store.sweep(at: start + .days(500))
            _ = try await store.sweep(at: start + .days(500))
            #expect(try await store.load(user).epoch == .initial)
        }
    }
}
