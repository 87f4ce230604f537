import TesseraCore
import Testing

@Suite("A sign-in")
struct SignInRuleTests {
    let policy = SessionPolicy.sample
    let now = Timestamp.start + .minutes(10)

    private func new(_ number: Int, replacing: Int? = nil) -> Command.NewSession {
        Command.NewSession(
            id: .numbered(number), authenticatedAt: now - .seconds(2), device: .phone,
            replacing: replacing.map(SessionID.numbered))
    }

    @Test("makes a session of the policy's limits and the present epochs, on the condition that these stay")
    func started() {
        let deployment = UserRecord.Deployment(epoch: Epoch(2), raisedAt: .start)
        let record = UserRecord(user: .alice, epoch: Epoch(3), epochRaisedAt: .start, deployment: deployment)
        let session = SessionRecord(
            id: .numbered(1), generation: .first, rotatedAt: now, createdAt: now, authenticatedAt: now - .seconds(2),
            idleTimeout: policy.idleTimeout, absoluteLimit: now + policy.absoluteTimeout, userEpoch: Epoch(3),
            deploymentEpoch: Epoch(2), device: .phone, adoptedUntil: nil, claims: nil,
            lastUse: SessionRecord.Use(at: now, generation: .adopted))
        var next = record
        next.sessions = [session]
        let change = UserChange(
            user: .alice, expectedEpoch: Epoch(3), expectedDeploymentEpoch: Epoch(2), edits: [.create(session)])
        #expect(
            record.decide(.signIn(new(1)), policy: policy, now: now)
                == Decision(change: change, reply: .started(session), next: next))
    }

    @Test("leaves the user's other sessions, as long as there is room")
    func room() {
        let record = UserRecord.holding(.sample(1), .sample(2))
        let decision = record.decide(.signIn(new(3)), policy: policy, now: now)
        #expect(decision.change?.edits.map(\.session) == [.numbered(3)])
        #expect(decision.next.sessions.count == 3)
    }

    @Test("beyond the number of sessions ends the oldest, whatever their use")
    func oldestEnds() {
        let record = UserRecord.holding(
            .sample(1, createdAt: .start + .seconds(2)), .sample(2, createdAt: .start, usedAt: now),
            .sample(3, createdAt: .start + .seconds(1)))
        let decision = record.decide(.signIn(new(4)), policy: policy, now: now)
        #expect(decision.change?.edits.map(\.session) == [.numbered(2), .numbered(4)])
        #expect(decision.change?.revocations.map(\.fact) == [.session(.numbered(2))])
        #expect(decision.change?.revocations.map(\.reason) == [.tooManySessions])
        #expect(Set(decision.next.sessions.map(\.id)) == Set([1, 3, 4].map(SessionID.numbered)))
    }

    @Test("under a lowered number ends as many as it takes")
    func loweredLimit() {
        var strict = policy
        strict.sessionsPerUser = 1
        let record = UserRecord.holding(.sample(1), .sample(2), .sample(3))
        let decision = record.decide(.signIn(new(4)), policy: strict, now: now)
        #expect(decision.next.sessions.map(\.id) == [.numbered(4)])
        #expect(decision.change?.revocations.count == 3)
    }

    @Test("does not end a live session for the room that a dead one takes")
    func deadMakeRoom() {
        let expired = SessionRecord.sample(1, createdAt: .start - .hours(2), usedAt: .start - .hours(2))
        let dead = SessionRecord.sample(
            2, rotatedAt: .start - .hours(2), createdAt: .start - .hours(2), usedAt: .start - .hours(2))
        #expect(!expired.isExpired(at: now))
        let record = UserRecord.holding(expired, dead, .sample(3))
        let decision = record.decide(.signIn(new(4)), policy: policy, now: now)
        #expect(Set(decision.next.sessions.map(\.id)) == Set([1, 3, 4].map(SessionID.numbered)))
        #expect(decision.change?.revocations.isEmpty == true)
    }

    @Test("sweeps out sessions below an epoch")
    func sweepsBelowEpoch() {
        let record = UserRecord.holding(.sample(1), .sample(2, userEpoch: Epoch(1)), epoch: Epoch(1))
        let decision = record.decide(.signIn(new(3)), policy: policy, now: now)
        #expect(Set(decision.next.sessions.map(\.id)) == Set([2, 3].map(SessionID.numbered)))
        #expect(decision.next[.numbered(3)]?.userEpoch == Epoch(1))
    }

    @Test("takes the place of the browser's session before")
    func replacing() {
        let record = UserRecord.holding(.sample(1), .sample(2), .sample(3))
        let decision = record.decide(.signIn(new(4, replacing: 3)), policy: policy, now: now)
        #expect(Set(decision.next.sessions.map(\.id)) == Set([1, 2, 4].map(SessionID.numbered)))
        #expect(decision.change?.revocations.map(\.reason) == [.replaced])
        #expect(decision.change?.revocations.map(\.fact) == [.session(.numbered(3))])
        let unknown = record.decide(.signIn(new(4, replacing: 9)), policy: policy, now: now)
        #expect(unknown.next[.numbered(4)] != nil)
    }
}

@Suite("An adoption")
struct AdoptionRuleTests {
    let policy = SessionPolicy.sample
    let now = Timestamp.start + .minutes(10)
    let expiry = Timestamp.start + .days(20)

    private func adopt(_ number: Int = 1, issuedAt: Timestamp = .start - .days(1)) -> Command {
        let new = Command.NewSession(
            id: .numbered(number), authenticatedAt: issuedAt, device: .laptop, adoptedUntil: expiry)
        return .adopt(new, issuedAt: issuedAt)
    }

    @Test("makes a session that remembers until when its NextAuth.js token lives")
    func started() throws {
        let decision = UserRecord.holding().decide(adopt(), policy: policy, now: now)
        guard case .started(let session) = decision.reply else { throw Unexpected(decision) }
        #expect(session.generation == .first)
        #expect(session.adoptedUntil == expiry)
        #expect(session.authenticatedAt == .start - .days(1))
        #expect(decision.change?.edits == [.create(session)])
    }

    @Test("happens once: the token's next presentations get the same successor")
    func once() {
        let record = UserRecord.holding().decide(adopt(), policy: policy, now: now).next
        for wait in [Duration.zero, .seconds(1), .minutes(50)] {
            let decision = record.decide(adopt(), policy: policy, now: now + wait)
            #expect(decision.reply.isSameSuccessor)
            #expect(decision.revokesNothing)
            #expect(decision.next.sessions.count == 1)
        }
    }

    @Test("of a token whose session is well in use is reuse, and remembered until the token expires")
    func reuse() {
        let session = SessionRecord.sample(adoptedUntil: expiry, used: .first)
        let decision = UserRecord.holding(session).decide(adopt(), policy: policy, now: now)
        #expect(decision.reply.isReuse)
        #expect(
            decision.change?.revocations
                == [Revocation(fact: .session(.numbered(1)), expires: expiry + SessionPolicy.clockSkew, reason: .reuse)]
        )
    }

    @Test("of a token issued up to the last raising of an epoch is refused")
    func issuedBeforeRevocation() {
        let raised = Timestamp.start - .hours(1)
        let user = UserRecord.holding(epoch: Epoch(1), epochRaisedAt: raised)
        let deployment = UserRecord.holding(deployment: .init(epoch: Epoch(1), raisedAt: raised))
        let both = UserRecord.holding(
            epoch: Epoch(1), epochRaisedAt: raised - .hours(5), deployment: .init(epoch: Epoch(1), raisedAt: raised))
        for record in [user, deployment, both] {
            for issuedAt in [raised, raised - .seconds(1), raised - .days(9)] {
                let decision = record.decide(adopt(issuedAt: issuedAt), policy: policy, now: now)
                #expect(decision == Decision(change: nil, reply: .refused(.issuedBeforeRevocation), next: record))
            }
            let later = record.decide(adopt(issuedAt: raised + .milliseconds(1)), policy: policy, now: now)
            #expect(later.change?.edits.count == 1)
        }
    }

    @Test("whose session ended in any way is remembered until its token expires, and a clock's skew longer")
    func endsAreRemembered() {
        let session = SessionRecord.sample(adoptedUntil: expiry, used: .first)
        let record = UserRecord.holding(session)
        let limit = session.limit
        let raised = UserRecord.holding(session, epoch: Epoch(1))
        var crowded = policy
        crowded.sessionsPerUser = 1
        let new = Command.NewSession(id: .numbered(2), authenticatedAt: now, device: .laptop)
        let replacing = Command.NewSession(
            id: .numbered(2), authenticatedAt: now, device: .laptop, replacing: .numbered(1))
        let decisions = [
            record.decide(.end(.numbered(1), evenIfUnknown: false, reason: .signedOut), policy: policy, now: now),
            record.decide(.endOthers(keeping: .numbered(9), reason: .revokedByUser), policy: policy, now: now),
            record.decide(.endAll(reason: .signedOutEverywhere), policy: policy, now: now),
            record.decide(.rotate(1, .first), policy: policy, now: limit),
            raised.decide(.rotate(1, .first), policy: policy, now: now),
            record.decide(.rotate(1, .adopted), policy: policy, now: now),
            record.decide(.signIn(new), policy: crowded, now: now),
            record.decide(.signIn(replacing), policy: policy, now: now),
            record.decide(.signIn(new), policy: policy, now: limit),
            raised.decide(.signIn(new), policy: policy, now: now),
        ]
        for (index, decision) in decisions.enumerated() {
            #expect(decision.next[.numbered(1)] == nil, "case \(index)")
            let remembered = decision.change?.revocations.filter { $0.fact == .session(.numbered(1)) }.map(\.expires)
            #expect(remembered == [expiry + SessionPolicy.clockSkew], "case \(index)")
        }
    }

    @Test("whose session is not there ends until its token expires, where the caller knows it")
    func unknownAdoption() {
        let command = Command.end(
            .numbered(1), evenIfUnknown: true, reason: .signedOut, adoptedUntil: expiry)
        let decision = UserRecord(user: .alice).decide(command, policy: policy, now: now)
        #expect(decision.change?.revocations.map(\.expires) == [expiry + SessionPolicy.clockSkew])
    }

    @Test("that ends after its token expired is remembered as any other")
    func endsAfterTheToken() {
        let record = UserRecord.holding(.sample(adoptedUntil: .start + .minutes(1)))
        let decision = record.decide(
            .end(.numbered(1), evenIfUnknown: false, reason: .signedOut), policy: policy, now: now)
        #expect(decision.change?.revocations.map(\.expires) == [now + policy.freshWindow + SessionPolicy.clockSkew])
    }
}
