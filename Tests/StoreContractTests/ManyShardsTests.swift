import TesseraCore
import TesseraRuntime
import TesseraTestKit
import Testing

@Suite("Users of all shards are one deployment")
struct ManyShardsTests {
    /// Users of many shards, with two sessions each.
    private static func people(
        _ store: any SessionStore, seed: UInt64, count: Int = 150
    ) async throws -> [(user: UserID, sessions: [SessionRecord])] {
        var samples = Samples(seed: seed)
        var people: [(user: UserID, sessions: [SessionRecord])] = []
        for _ in 0..<count {
            let user = try samples.userAnywhere()
            let sessions = [
                samples.session(of: user), samples.session(of: user, adoptedUntil: start + .days(9)),
            ]
            try await store.create(sessions[0], sessions[1], of: user)
            people.append((user, sessions))
        }
        return people
    }

    @Test("Everybody's records and sessions are found", arguments: StoreCase.all)
    func found(_ stores: StoreCase) async throws {
        try await stores.withStore { store in
            for person in try await Self.people(store, seed: 110) {
                #expect(Set(try await store.load(person.user).sessions) == Set(person.sessions))
                for session in person.sessions { #expect(try await store.owner(of: session.id) == person.user) }
            }
        }
    }

    @Test("Ending everybody's sessions ends them in every shard", arguments: StoreCase.all)
    func everybody(_ stores: StoreCase) async throws {
        try await stores.withStore { store in
            let people = try await Self.people(store, seed: 111)
            let deployment = try await store.revokeEverybody(at: start, reason: .revokedByOperator).deployment
            for person in people {
                #expect(try await store.load(person.user) == UserRecord(user: person.user, deployment: deployment))
            }
            let facts = people.map { EndedFact.session($0.sessions[1].id) } + [.everybody(below: Epoch(1))]
            #expect(try await store.facts() == Set(facts))
        }
    }

    @Test("A fact about everybody reaches every shard", arguments: StoreCase.all)
    func blockedEverybody(_ stores: StoreCase) async throws {
        try await stores.withStore { store in
            let people = try await Self.people(store, seed: 112, count: 40)
            try await store.block(
                Revocation(fact: .everybody(below: Epoch(3)), expires: start + .hours(1), reason: .reuse))
            for person in people { #expect(try await store.load(person.user).deployment.epoch == Epoch(3)) }
            #expect(try await store.facts() == [.everybody(below: Epoch(3))])
        }
    }

    @Test("Facts of all shards come back, and are swept", arguments: StoreCase.all)
    func blocklist(_ stores: StoreCase) async throws {
        try await stores.withStore { store in
            var samples = Samples(seed: 113)
            var expected: Set<Revocation> = []
            for number in 0..<300 {
                let user = try samples.userAnywhere()
                let session = samples.session(of: user).id
                let facts: [EndedFact] = [
                    .user(user, below: Epoch(2)), .session(session),
                    .generations(session, below: Generation(UInt32(number))), .token(try samples.tokenID()),
                ]
                let fact = facts[number % facts.count]
                let revocation = Revocation(fact: fact, expires: start + .seconds(number + 1), reason: .signedOut)
                try await store.block(revocation)
                expected.insert(revocation)
            }
            #expect(Set(try await store.revocations(at: start)) == expected)
            let middle = start + .seconds(150)
            #expect(Set(try await store.revocations(at: middle)) == expected.filter { $0.expires > middle })
            #expect(try await store.sweep(at: middle).revocations == 150)
            #expect(try await store.revocations(at: start).count == 150)
        }
    }

    @Test(
        "Marks for users of many shards count, and the unknown ones come back in their order", arguments: StoreCase.all)
    func marks(_ stores: StoreCase) async throws {
        try await stores.withStore { store in
            var samples = Samples(seed: 114)
            let people = try await Self.people(store, seed: 115, count: 60)
            let use = SessionRecord.Use(at: start + .minutes(1), generation: .first)
            var marks: [Mark] = []
            var unknown: [Mark] = []
            for person in people {
                marks.append(Mark(user: person.user, session: person.sessions[0].id, use: use))
                let stray = Mark(user: person.user, session: samples.session(of: person.user).id, use: use)
                marks.append(stray)
                unknown.append(stray)
            }
            #expect(try await store.mark(marks) == unknown)
            for person in people {
                #expect(try await store.load(person.user)[person.sessions[0].id]?.lastUse == use)
            }
        }
    }

    @Test("A sweep reaches every shard", arguments: StoreCase.all)
    func sweep(_ stores: StoreCase) async throws {
        try await stores.withStore { store in
            let people = try await Self.people(store, seed: 116)
            #expect(try await store.sweep(at: start + .minutes(59)).sessions == 0)
            #expect(try await store.sweep(at: start + .hours(1)).sessions == 2 * people.count)
            #expect(try await store.revocations(at: start + .hours(1)).count == people.count)
        }
    }
}
