import TesseraCore
import TesseraRuntime
import Testing

@Suite("Ending everybody's sessions leaves none")
struct EverybodyTests {
    @Test("The epoch rises, the sessions are gone, and the fact stays for ever", arguments: StoreCase.all)
    func revokeEverybody(_ stores: StoreCase) async throws {
        try await stores.withStore { store in
            var samples = Samples(seed: 70)
            for round in 1...3 {
                var users: [UserID] = []
                var sessions: [SessionRecord] = []
                for _ in 0..<5 {
                    let user = try samples.user()
                    let session = samples.session(deploymentEpoch: Epoch(UInt32(round - 1)))
                    try await store.create(session, of: user)
                    users.append(user)
                    sessions.append(session)
                }
                let now = start + .minutes(round)
                let expected = UserRecord.Deployment(epoch: Epoch(UInt32(round)), raisedAt: now)
                #expect(try await store.revokeEverybody(at: now, reason: .revokedByOperator).deployment == expected)
                for (user, session) in zip(users, sessions) {
                    #expect(try await store.load(user) == UserRecord(user: user, deployment: expected))
                    #expect(try await store.owner(of: session.id) == nil)
                    let mark = Mark(user: user, session: session.id, use: session.lastUse)
                    #expect(try await store.mark([mark]) == [mark])
                }
                let fact = EndedFact.everybody(below: Epoch(UInt32(round)))
                for later in [now, now + .days(5000)] {
                    let entries = try await store.revocations(at: later)
                    #expect(entries.map(\.fact) == [fact])
                    #expect(entries.map(\.reason) == [.revokedByOperator])
                    #expect(entries.allSatisfy { $0.expires > later })
                }
            }
        }
    }

    @Test("The fact outlives every sweep", arguments: StoreCase.all)
    func sweptBlocklist(_ stores: StoreCase) async throws {
        try await stores.withStore { store in
            _ = try await store.revokeEverybody(at: start, reason: .revokedByApplication)
            #expect(try await store.sweep(at: start + .days(5000)) == SweepResult(sessions: 0, revocations: 0))
            #expect(try await store.facts(at: start + .days(5000)) == [.everybody(below: Epoch(1))])
            let user = try #require(UserID("ann"))
            #expect(try await store.load(user).deployment == .init(epoch: Epoch(1), raisedAt: start))
        }
    }

    @Test("Adopted sessions are remembered until their NextAuth.js tokens expire", arguments: StoreCase.all)
    func adopted(_ stores: StoreCase) async throws {
        try await stores.withStore { store in
            var samples = Samples(seed: 71)
            let user = try samples.user()
            let own = samples.session()
            let adopted = samples.session(adoptedUntil: start + .days(9))
            let justExpired = samples.session(adoptedUntil: start - SessionPolicy.clockSkew)
            let justNot = samples.session(adoptedUntil: start - SessionPolicy.clockSkew + .milliseconds(1))
            try await store.create(own, adopted, justExpired, justNot, of: user)
            _ = try await store.revokeEverybody(at: start, reason: .revokedByOperator)
            let expected: Set<Revocation> = [
                Revocation(
                    fact: .session(adopted.id), expires: start + .days(9) + SessionPolicy.clockSkew,
                    reason: .revokedByOperator),
                Revocation(
                    fact: .session(justNot.id), expires: start + .milliseconds(1), reason: .revokedByOperator),
            ]
            let entries = try await store.revocations(at: start)
            #expect(Set(entries.filter { $0.fact != .everybody(below: Epoch(1)) }) == expected)
            let record = try await store.load(user)
            #expect(try await store.commit(record.change([.create(adopted)])) == .sessionEnded(adopted.id))
        }
    }

    @Test("The moment of the raise is never moved back", arguments: StoreCase.all)
    func clockSetBack(_ stores: StoreCase) async throws {
        try await stores.withStore { store in
            _ = try await store.revokeEverybody(at: start, reason: .revokedByOperator)
            let deployment = try await store.revokeEverybody(at: start - .hours(1), reason: .revokedByOperator)
                .deployment
            #expect(deployment == .init(epoch: Epoch(2), raisedAt: start))
        }
    }
}
