import TesseraCore
import Testing

/// Presenting a token whose fresh window is over (design, 3.3).
@Suite("Rotation")
struct RotationRuleTests {
    let policy = SessionPolicy.sample
    let now = Timestamp.start + .minutes(10)

    /// Checks that a session is as a rotation leaves it.
    private func expectRotated(
        _ next: SessionRecord, from session: SessionRecord, to number: UInt32, at moment: Timestamp,
        sourceLocation: SourceLocation = #_sourceLocation
    ) {
        #expect(
            next.isSameToken(as: .sample(generation: Generation(number), rotatedAt: moment)),
            sourceLocation: sourceLocation)
        #expect(!next.isConfirmed, sourceLocation: sourceLocation)
        #expect(next.limit == min(moment + session.idleTimeout, session.absoluteLimit), sourceLocation: sourceLocation)
        var restored = next
        (restored.generation, restored.rotatedAt, restored.claims) = (
            session.generation, session.rotatedAt, session.claims
        )
        #expect(restored.createdAt == session.createdAt, sourceLocation: sourceLocation)
        #expect(restored.authenticatedAt == session.authenticatedAt, sourceLocation: sourceLocation)
        #expect(restored.absoluteLimit == session.absoluteLimit, sourceLocation: sourceLocation)
        #expect(restored.userEpoch == session.userEpoch, sourceLocation: sourceLocation)
        #expect(restored.deploymentEpoch == session.deploymentEpoch, sourceLocation: sourceLocation)
        #expect(restored.device == session.device, sourceLocation: sourceLocation)
        #expect(restored.adoptedUntil == session.adoptedUntil, sourceLocation: sourceLocation)
    }

    @Test("of the current generation makes the next one, not yet confirmed, on the condition that nothing changed")
    func currentGeneration() throws {
        let session = SessionRecord.sample(generation: Generation(4), claims: [1, 2], used: Generation(4))
        let decision = UserRecord.holding(
            session, epoch: Epoch(3), deployment: .init(epoch: Epoch(2), raisedAt: .start))
        // Epochs at sign-in are those of the record.
        let alive = SessionRecord.sample(
            generation: Generation(4), userEpoch: Epoch(3), deploymentEpoch: Epoch(2), claims: [1, 2],
            used: Generation(4))
        var record = decision
        record.sessions = [alive]
        let answer = record.decide(.rotate(1, Generation(4)), policy: policy, now: now)
        guard case .rotated(let next, recovered: false) = answer.reply else { throw Unexpected(answer) }
        expectRotated(next, from: alive, to: 5, at: now)
        let change = try #require(answer.change)
        #expect(change.user == .alice)
        #expect(change.expectedEpoch == Epoch(3))
        #expect(change.expectedDeploymentEpoch == Epoch(2))
        #expect(change.raisedEpoch == nil)
        #expect(change.edits == [.replace(alive, with: next)])
        #expect(change.revocations.isEmpty)
        #expect(answer.next.sessions == [next])
    }

    @Test("leaves the user's other sessions alone")
    func otherSessions() {
        let record = UserRecord.holding(.sample(1), .sample(2), .sample(3))
        let decision = record.decide(.rotate(2, .first), policy: policy, now: now)
        #expect(decision.change?.edits.map(\.session) == [.numbered(2)])
        #expect(decision.next[.numbered(1)] == .sample(1))
        #expect(decision.next[.numbered(3)] == .sample(3))
        #expect(decision.next.sessions.count == 3)
    }

    @Test("of a session that is not there is unknown, and changes nothing")
    func unknownSession() {
        let record = UserRecord.holding(.sample(1))
        for command in [Command.rotate(2, .first), .update(2, .first)] {
            let decision = record.decide(command, policy: policy, now: now)
            #expect(decision == Decision(change: nil, reply: .refused(.unknown), next: record))
        }
    }

    @Test("at the idle limit is expired to the millisecond, and removes the session without telling anybody")
    func idleLimit() {
        let used = Timestamp.start + .minutes(20)
        let record = UserRecord.holding(.sample(usedAt: used))
        let limit = used + policy.idleTimeout
        let before = record.decide(.rotate(1, .first), policy: policy, now: limit - .milliseconds(1))
        #expect(before.reply.isRotated)
        let after = record.decide(.rotate(1, .first), policy: policy, now: limit)
        #expect(after.reply == .refused(.expired))
        #expect(after.change?.edits.map(\.session) == [.numbered(1)])
        #expect(after.change?.revocations.isEmpty == true)
        #expect(after.next.sessions.isEmpty)
    }

    @Test("at the absolute limit is expired to the millisecond, however busy the session is")
    func absoluteLimit() {
        let limit = Timestamp.start + policy.absoluteTimeout
        let session = SessionRecord.sample(rotatedAt: limit - .minutes(1), usedAt: limit - .milliseconds(1))
        let record = UserRecord.holding(session)
        #expect(record.decide(.rotate(1, .first), policy: policy, now: limit - .milliseconds(1)).reply.isRotated)
        #expect(record.decide(.rotate(1, .first), policy: policy, now: limit).reply == .refused(.expired))
        #expect(record.decide(.update(1, .first), policy: policy, now: limit).reply == .refused(.expired))
    }

    @Test("of the previous generation is the same successor until that has been seen in use, however late")
    func unconfirmedSuccessor() throws {
        let session = SessionRecord.sample(generation: Generation(4), used: Generation(3))
        let record = UserRecord.holding(session)
        for wait in [Duration.zero, .seconds(30), .seconds(31), .minutes(59)] {
            let decision = record.decide(.rotate(1, Generation(3)), policy: policy, now: .start + wait)
            guard case .sameSuccessor(let answered) = decision.reply else { throw Unexpected(decision) }
            #expect(answered.isSameToken(as: session))
            #expect(decision.revokesNothing)
            #expect(decision.next[.numbered(1)] == answered)
        }
    }

    @Test("of the previous generation is the same successor for the grace, though that has been seen in use")
    func grace() {
        let session = SessionRecord.sample(generation: Generation(4), used: Generation(4))
        let record = UserRecord.holding(session)
        for wait in [Duration.milliseconds(1), .seconds(30)] {
            let decision = record.decide(.rotate(1, Generation(3)), policy: policy, now: .start + wait)
            #expect(decision.reply == .sameSuccessor(session))
            #expect(decision.revokesNothing)
            #expect(decision.next == record)
        }
        let late = record.decide(
            .rotate(1, Generation(3)), policy: policy, now: .start + policy.grace + .milliseconds(1))
        #expect(late.reply == .refused(.reuse(.late)))
    }

    @Test("counts the grace for requests under way together from when the successor was given out, not made")
    func parallelAfterLostAnswer() {
        // The answer to the rotation was lost. Long after, two tabs present the old generation at once; the first is
        // answered, and uses its new token before the second arrives.
        var record = UserRecord.holding(.sample(generation: Generation(4), used: Generation(3)))
        let first = record.decide(.rotate(1, Generation(3)), policy: policy, now: now)
        #expect(first.reply.isSameSuccessor)
        record = first.next
        record.apply(
            Mark(user: .alice, session: .numbered(1), use: SessionRecord.Use(at: now, generation: Generation(4))))
        let second = record.decide(.rotate(1, Generation(3)), policy: policy, now: now + .seconds(1))
        #expect(second.reply.isSameSuccessor)
        let late = record.decide(.rotate(1, Generation(3)), policy: policy, now: now + policy.grace + .milliseconds(1))
        #expect(late.reply.isReuse)
    }

    @Test("in the strict mode has no grace")
    func strictMode() {
        var strict = policy
        strict.grace = .zero
        let now = Timestamp.start + .milliseconds(1)
        let confirmed = UserRecord.holding(.sample(generation: Generation(4), used: Generation(4)))
        #expect(confirmed.decide(.rotate(1, Generation(3)), policy: strict, now: now).reply == .refused(.reuse(.late)))
        let unconfirmed = UserRecord.holding(.sample(generation: Generation(4), used: Generation(3)))
        #expect(unconfirmed.decide(.rotate(1, Generation(3)), policy: strict, now: now).reply.isSameSuccessor)
    }

    @Test("of an older generation is reuse and revokes the session, in its grace too")
    func olderGeneration() {
        let record = UserRecord.holding(.sample(1, generation: Generation(4), used: Generation(3)), .sample(2))
        for command in [Command.rotate(1, Generation(2)), .rotate(1, .first), .rotate(1, .adopted), .update(1, .first)]
        {
            let decision = record.decide(command, policy: policy, now: now)
            #expect(decision.reply == .refused(.reuse(.longPast)))
            let expires = now + policy.freshWindow + SessionPolicy.clockSkew
            #expect(
                decision.change
                    == UserChange(
                        user: .alice, expectedEpoch: .initial, expectedDeploymentEpoch: .initial,
                        edits: [.remove(.numbered(1))],
                        revocations: [Revocation(fact: .session(.numbered(1)), expires: expires, reason: .reuse)]))
            #expect(decision.next == .holding(.sample(2)))
        }
    }

    @Test("that is reuse says of which kind")
    func reuseKinds() {
        let record = UserRecord.holding(.sample(generation: Generation(4), used: Generation(4)))
        let edge = Timestamp.start + policy.grace + policy.freshWindow
        func kind(_ generation: UInt32, from device: Device, at now: Timestamp) -> Reply {
            record.decide(.rotate(1, Generation(generation), from: device), policy: policy, now: now).reply
        }
        #expect(kind(3, from: .laptop, at: edge) == .refused(.reuse(.late)))
        #expect(kind(3, from: .laptop, at: edge + .milliseconds(1)) == .refused(.reuse(.longPast)))
        #expect(kind(2, from: .laptop, at: .start) == .refused(.reuse(.longPast)))
        #expect(kind(3, from: .phone, at: edge) == .refused(.reuse(.otherDevice)))
        #expect(kind(2, from: .phone, at: .start) == .refused(.reuse(.otherDevice)))
        #expect(kind(2, from: .unknown, at: .start) == .refused(.reuse(.longPast)))
        #expect(
            kind(3, from: Device(name: "Firefox 129, Linux", network: "203.0.113.0/24"), at: edge)
                == .refused(.reuse(.late)))
    }

    @Test(
        "that is reuse ends what the policy says",
        arguments: [
            (.revokeSession, .laptop, false), (.revokeSession, .phone, false),
            (.revokeUserOnOtherDevice, .laptop, false),
            (.revokeUserOnOtherDevice, .phone, true), (.revokeUser, .laptop, true), (.revokeUser, .phone, true),
        ] as [(SessionPolicy.ReuseResponse, Device, Bool)])
    func reuseResponse(response: SessionPolicy.ReuseResponse, device: Device, endsUser: Bool) {
        var policy = policy
        policy.onReuse = response
        let record = UserRecord.holding(.sample(1, generation: Generation(4), used: Generation(3)), .sample(2))
        let decision = record.decide(.rotate(1, .first, from: device), policy: policy, now: now)
        #expect(decision.next.sessions.isEmpty == endsUser)
        #expect(decision.next[.numbered(1)] == nil)
        #expect(decision.next.epoch == (endsUser ? Epoch(1) : .initial))
        #expect(decision.change?.raisedEpoch?.epoch == (endsUser ? Epoch(1) : nil))
        let fact: EndedFact = endsUser ? .user(.alice, below: Epoch(1)) : .session(.numbered(1))
        #expect(decision.change?.revocations.map(\.fact) == [fact])
        #expect(decision.change?.revocations.map(\.reason) == [.reuse])
    }

    @Test("of a generation above the record's means lost writes: the record follows, and it is no theft")
    func lostWrites() throws {
        let session = SessionRecord.sample(generation: Generation(3), used: Generation(3))
        for (presented, device) in [(4, Device.laptop), (9, .phone)] as [(UInt32, Device)] {
            let record = UserRecord.holding(session)
            let decision = record.decide(.rotate(1, Generation(presented), from: device), policy: policy, now: now)
            guard case .rotated(let next, recovered: true) = decision.reply else { throw Unexpected(decision) }
            expectRotated(next, from: session, to: presented + 1, at: now)
            #expect(decision.change?.edits == [.replace(session, with: next)])
            #expect(decision.change?.revocations.isEmpty == true)
        }
    }

    @Test("stays at the last generation")
    func lastGeneration() {
        let record = UserRecord.holding(.sample(generation: Generation(.max)))
        let decision = record.decide(.rotate(1, Generation(.max)), policy: policy, now: now)
        #expect(decision.next[.numbered(1)]?.generation == Generation(.max))
        #expect(decision.reply.isRotated)
    }

    @Test("of a session below the user's or the deployment's epoch is unknown, and removes it")
    func belowEpoch() {
        let user = UserRecord.holding(.sample(), epoch: Epoch(1))
        let deployment = UserRecord.holding(.sample(), deployment: .init(epoch: Epoch(1), raisedAt: .start))
        for record in [user, deployment] {
            for command in [
                Command.rotate(1, .first), .rotate(1, .adopted), .update(1, .first), .rotate(1, Generation(9)),
            ] {
                let decision = record.decide(command, policy: policy, now: now)
                #expect(decision.reply == .refused(.unknown))
                #expect(decision.next.sessions.isEmpty)
                #expect(decision.change?.edits.map(\.session) == [.numbered(1)])
            }
        }
    }
}
