import TesseraCore
import TesseraRuntime
import TesseraTestKit
import Testing

@Suite("The blocklist of a store only grows until its entries expire")
struct BlocklistTests {
    private static func revocation(
        _ fact: EndedFact, minutes: Int, _ reason: EndReason = .revokedByOperator
    ) -> Revocation {
        Revocation(fact: fact, expires: start + .minutes(minutes), reason: reason)
    }

    @Test("Every kind of fact comes back with its expiry and reason", arguments: StoreCase.all)
    func everyKind(_ stores: StoreCase) async throws {
        try await stores.withStore { store in
            var samples = Samples(seed: 50)
            var expected: Set<Revocation> = []
            for (index, reason) in EndReason.allCases.enumerated() {
                let facts: [EndedFact] = [
                    .token(try samples.tokenID()), .session(samples.sessionID()),
                    .generations(samples.sessionID(), below: Generation(UInt32(index))),
                    .user(try samples.user(), below: Epoch(UInt32(index))),
                ]
                for fact in facts {
                    let revocation = Self.revocation(fact, minutes: index + 1, reason)
                    try await store.block(revocation)
                    expected.insert(revocation)
                }
            }
            #expect(Set(try await store.revocations(at: start)) == expected)
            #expect(try await store.revocations(at: start).count == expected.count)
        }
    }

    @Test("Of two for the same fact the later expiry stays, in either order", arguments: StoreCase.all)
    func laterExpiry(_ stores: StoreCase) async throws {
        try await stores.withStore { store in
            var samples = Samples(seed: 51)
            for order in [[1, 2], [2, 1]] {
                let facts: [EndedFact] = [
                    .token(try samples.tokenID()), .session(samples.sessionID()),
                    .generations(samples.sessionID(), below: Generation(3)),
                    .user(try samples.user(), below: Epoch(3)),
                ]
                for fact in facts {
                    for minutes in order { try await store.block(Self.revocation(fact, minutes: minutes)) }
                    #expect(try await store.revocations(at: start).contains(Self.revocation(fact, minutes: 2)))
                    #expect(try await store.revocations(at: start).count { $0.fact == fact } == 1)
                }
            }
        }
    }

    @Test("Of two about the same thing the wider one stays, with its reason, in either order", arguments: StoreCase.all)
    func widerFact(_ stores: StoreCase) async throws {
        try await stores.withStore { store in
            var samples = Samples(seed: 52)
            for narrowFirst in [true, false] {
                let (session, other, user) = (samples.sessionID(), samples.sessionID(), try samples.user())
                let pairs: [(narrow: EndedFact, wide: EndedFact)] = [
                    (.generations(session, below: Generation(3)), .session(session)),
                    (.generations(other, below: Generation(3)), .generations(other, below: Generation(4))),
                    (.user(user, below: Epoch(1)), .user(user, below: Epoch(2))),
                ]
                for pair in pairs {
                    let narrow = Self.revocation(pair.narrow, minutes: 9, .updated)
                    let wide = Self.revocation(pair.wide, minutes: 5, .reuse)
                    for revocation in narrowFirst ? [narrow, wide] : [wide, narrow] {
                        try await store.block(revocation)
                    }
                    let entries = try await store.revocations(at: start)
                    #expect(entries.contains(Self.revocation(pair.wide, minutes: 9, .reuse)))
                    #expect(!entries.contains { $0.fact == pair.narrow })
                }
            }
        }
    }

    @Test("An entry matters until its expiry, not at it", arguments: StoreCase.all)
    func expiry(_ stores: StoreCase) async throws {
        try await stores.withStore { store in
            var samples = Samples(seed: 53)
            let revocation = Self.revocation(.token(try samples.tokenID()), minutes: 5)
            try await store.block(revocation)
            #expect(try await store.revocations(at: revocation.expires - .milliseconds(1)) == [revocation])
            #expect(try await store.revocations(at: revocation.expires).isEmpty)
        }
    }

    @Test("The order and number of revocations do not matter: the outcome is Blocklist's own", arguments: StoreCase.all)
    func asTheRuleSays(_ stores: StoreCase) async throws {
        try await stores.withStore { store in
            var samples = Samples(seed: 54)
            var random = SeededRandom(seed: 55)
            let ids = (0..<4).map { _ in samples.sessionID() }
            let users = try (0..<3).map { _ in try samples.user() }
            var given: [Revocation] = []
            for _ in 0..<120 {
                let id = ids[Int.random(in: 0..<4, using: &random)]
                let number = UInt32.random(in: 1...5, using: &random)
                let fact: EndedFact =
                    switch Int.random(in: 0..<8, using: &random) {
                    case 0: .session(id)
                    case 1...4: .generations(id, below: Generation(number))
                    default: .user(users[Int.random(in: 0..<3, using: &random)], below: Epoch(number))
                    }
                given.append(Self.revocation(fact, minutes: Int.random(in: 1...50, using: &random)))
            }
            for revocation in given { try await store.block(revocation) }
            var expected = Blocklist()
            for revocation in given.shuffled(using: &random) { expected.insert(revocation) }
            let token = try samples.tokenID()
            for minutes in [0, 10, 25, 40, 50] {
                let now = start + .minutes(minutes)
                var held = Blocklist()
                for revocation in try await store.revocations(at: now) { held.insert(revocation) }
                expected.trim(at: now)
                #expect(held.count == expected.count)
                for id in ids {
                    for user in users {
                        for number in 0...UInt32(6) {
                            let facts = TokenFacts(
                                user: user, session: id, generation: Generation(number), userEpoch: Epoch(number),
                                deploymentEpoch: .initial, id: token)
                            #expect(held.verdict(on: facts) == expected.verdict(on: facts))
                        }
                    }
                }
            }
        }
    }

    @Test("The revocations of a change merge like any other", arguments: StoreCase.all)
    func revocationsOfAChange(_ stores: StoreCase) async throws {
        try await stores.withStore { store in
            var samples = Samples(seed: 56)
            let user = try samples.user()
            let id = samples.sessionID()
            try await store.block(Self.revocation(.generations(id, below: Generation(3)), minutes: 30, .updated))
            let change = UserRecord(user: user).change(
                revocations: [
                    Self.revocation(.session(id), minutes: 5, .reuse),
                    Self.revocation(.generations(id, below: Generation(4)), minutes: 6, .updated),
                ])
            #expect(try await store.commit(change) == .committed(.primary))
            #expect(try await store.revocations(at: start) == [Self.revocation(.session(id), minutes: 30, .reuse)])
        }
    }

    @Test(
        "A session that is blocked is gone, and does not come back when the entry has expired", arguments: StoreCase.all
    )
    func blockedSession(_ stores: StoreCase) async throws {
        try await stores.withStore { store in
            var samples = Samples(seed: 57)
            let user = try samples.user()
            let (session, other) = (samples.session(), samples.session())
            try await store.create(session, other, of: user)
            let record = try await store.load(user)
            let revocation = Self.revocation(.session(session.id), minutes: 5)
            try await store.block(revocation)
            #expect(try await store.sweep(at: revocation.expires) == SweepResult(sessions: 0, revocations: 1))
            #expect(try await store.load(user).sessions == [other])
            #expect(try await store.owner(of: session.id) == nil)
            let late = record.change([.replace(session, with: session.rotated(at: start))])
            #expect(try await store.commit(late) == .stale)
        }
    }

    @Test("A blocked user's epoch is raised, so that his sessions do not come back either", arguments: StoreCase.all)
    func blockedUser(_ stores: StoreCase) async throws {
        try await stores.withStore { store in
            var samples = Samples(seed: 58)
            let user = try samples.user()
            let session = samples.session()
            try await store.create(session, of: user)
            let before = try await store.load(user)
            let revocation = Self.revocation(.user(user, below: Epoch(3)), minutes: 5)
            try await store.block(revocation)
            let record = try await store.load(user)
            #expect(record.epoch == Epoch(3))
            #expect(record.epochRaisedAt == revocation.expires)
            #expect(record.liveSessions(at: start).isEmpty)
            #expect(try await store.commit(before.change([.create(samples.session())])) == .stale)
            // What is known already says nothing new.
            try await store.block(Self.revocation(.user(user, below: Epoch(2)), minutes: 50))
            try await store.block(Self.revocation(.user(user, below: Epoch(3)), minutes: 60))
            #expect(try await store.load(user) == record)
        }
    }

    @Test("Blocking everybody raises the deployment's epoch, and never lowers it", arguments: StoreCase.all)
    func blockedEverybody(_ stores: StoreCase) async throws {
        try await stores.withStore { store in
            var samples = Samples(seed: 59)
            let user = try samples.user()
            let session = samples.session()
            try await store.create(session, of: user)
            for number in [UInt32(4), 2, 4] {
                try await store.block(Self.revocation(.everybody(below: Epoch(number)), minutes: 5))
                let record = try await store.load(user)
                #expect(record.deployment == .init(epoch: Epoch(4), raisedAt: start + .minutes(5)))
                #expect(record.liveSessions(at: start).isEmpty)
                #expect(try await store.facts() == [.everybody(below: Epoch(4))])
            }
        }
    }

    @Test(
        "What never expires was raised when the store took it; who comes later is not refused", arguments: StoreCase.all
    )
    func raisedNow(_ stores: StoreCase) async throws {
        try await stores.withStore { store in
            var samples = Samples(seed: 61)
            let user = try samples.user()
            let now = WallClock.system.now()
            for fact in [EndedFact.everybody(below: Epoch(4)), .user(user, below: Epoch(3))] {
                try await store.block(Revocation(fact: fact, expires: .distantFuture, reason: .revokedByOperator))
            }
            let record = try await store.load(user)
            #expect(record.deployment.epoch == Epoch(4) && record.epoch == Epoch(3))
            for moment in [record.deployment.raisedAt, record.epochRaisedAt] {
                let raisedAt = try #require(moment)
                #expect(raisedAt >= now - .minutes(1) && raisedAt <= now + .minutes(5))
            }
        }
    }

    @Test("A token is told to be blocked by its name, and no other", arguments: StoreCase.all)
    func blockedByName(_ stores: StoreCase) async throws {
        try await stores.withStore { store in
            var samples = Samples(seed: 62)
            for _ in 0..<20 {
                let (id, other) = (try samples.tokenID(), try samples.tokenID())
                try await store.block(Self.revocation(.token(id), minutes: 5))
                #expect(try await store.isBlocked(id))
                #expect(try await !store.isBlocked(other))
            }
        }
    }

    @Test("Revocations with one reason or another, at the ends of time, come back whole", arguments: StoreCase.all)
    func extremes(_ stores: StoreCase) async throws {
        try await stores.withStore { store in
            var samples = Samples(seed: 60)
            let id = try #require(TokenID(String(repeating: "~", count: 128)))
            let ever = Revocation(fact: .token(id), expires: Timestamp(milliseconds: .max), reason: .reuse)
            let past = Revocation(
                fact: .session(samples.sessionID()), expires: Timestamp(milliseconds: .min), reason: .signedOut)
            let user = Revocation(
                fact: .user(try samples.user(), below: Epoch(.max)), expires: Timestamp(milliseconds: .max),
                reason: .reuse)
            for revocation in [ever, past, user] { try await store.block(revocation) }
            #expect(Set(try await store.revocations(at: start)) == [ever, user])
        }
    }
}
