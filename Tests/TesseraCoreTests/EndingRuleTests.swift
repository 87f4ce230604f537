import TesseraCore
import Testing

@Suite("Ending")
struct EndingRuleTests {
    let policy = SessionPolicy.sample
    let now = Timestamp.start + .minutes(10)
    var expires: Timestamp { now + policy.freshWindow + SessionPolicy.clockSkew }

    private func ended(_ number: Int, _ reason: EndReason) -> Revocation {
        Revocation(fact: .session(.numbered(number)), expires: expires, reason: reason)
    }

    private func change(_ edits: [SessionEdit], _ revocations: [Revocation]) -> UserChange {
        UserChange(
            user: .alice, expectedEpoch: .initial, expectedDeploymentEpoch: .initial, edits: edits,
            revocations: revocations)
    }

    @Test("one session removes it and publishes that until no token of it can be fresh", arguments: [true, false])
    func one(evenIfUnknown: Bool) {
        let record = UserRecord.holding(.sample(1), .sample(2))
        let command = Command.end(.numbered(1), evenIfUnknown: evenIfUnknown, reason: .signedOut)
        #expect(
            record.decide(command, policy: policy, now: now)
                == Decision(
                    change: change([.remove(.numbered(1))], [ended(1, .signedOut)]), reply: .ended([.numbered(1)]),
                    next: .holding(.sample(2))))
    }

    @Test(
        "a session that is not there ends nothing, and publishes it for a caller who has shown that it is this user's")
    func unknown() {
        let record = UserRecord.holding(.sample(1))
        let without = record.decide(
            .end(.numbered(9), evenIfUnknown: false, reason: .revokedByUser), policy: policy, now: now)
        #expect(without == Decision(change: nil, reply: .ended([]), next: record))
        let with = record.decide(
            .end(.numbered(9), evenIfUnknown: true, reason: .revokedByOperator), policy: policy, now: now)
        #expect(
            with
                == Decision(
                    change: change([.remove(.numbered(9))], [ended(9, .revokedByOperator)]),
                    reply: .ended([]), next: record))
    }

    @Test("the others keeps one session only")
    func others() {
        let record = UserRecord.holding(.sample(1), .sample(2), .sample(3))
        let decision = record.decide(
            .endOthers(keeping: .numbered(2), reason: .revokedByUser), policy: policy, now: now)
        #expect(decision.reply == .ended([.numbered(1), .numbered(3)]))
        #expect(decision.next == .holding(.sample(2)))
        #expect(
            decision.change
                == change(
                    [.remove(.numbered(1)), .remove(.numbered(3))],
                    [ended(1, .revokedByUser), ended(3, .revokedByUser)]))
        let alone = UserRecord.holding(.sample(2))
        let nothing = alone.decide(.endOthers(keeping: .numbered(2), reason: .revokedByUser), policy: policy, now: now)
        #expect(nothing == Decision(change: nil, reply: .ended([]), next: alone))
    }

    @Test("the others may also keep out who comes later with an older NextAuth.js token; no session is touched by that")
    func othersAndOlder() {
        let record = UserRecord.holding(.sample(2), epoch: Epoch(4))
        let command = Command.endOthers(keeping: .numbered(2), reason: .revokedByUser, refusingOlder: true)
        let decision = record.decide(command, policy: policy, now: now)
        #expect(decision.next == .holding(.sample(2), epoch: Epoch(4), epochRaisedAt: now))
        #expect(decision.change?.raisedEpoch == UserChange.RaisedEpoch(epoch: Epoch(4), at: now))
        #expect(decision.change?.revocations == [])
    }

    @Test("all raises the epoch, publishes that, and removes every session")
    func all() {
        let expired = SessionRecord.sample(
            3, rotatedAt: .start - .hours(3), createdAt: .start - .hours(3), usedAt: .start - .hours(3))
        let record = UserRecord.holding(
            .sample(1, userEpoch: Epoch(4)), .sample(2, userEpoch: Epoch(4)), expired, epoch: Epoch(4),
            epochRaisedAt: .start)
        let decision = record.decide(.endAll(reason: .signedOutEverywhere), policy: policy, now: now)
        #expect(decision.reply == .ended([.numbered(1), .numbered(2)]))
        #expect(decision.next == UserRecord(user: .alice, epoch: Epoch(5), epochRaisedAt: now))
        #expect(decision.change?.expectedEpoch == Epoch(4))
        #expect(decision.change?.raisedEpoch == UserChange.RaisedEpoch(epoch: Epoch(5), at: now))
        #expect(Set(decision.change?.edits ?? []) == Set([1, 2, 3].map { SessionEdit.remove(.numbered($0)) }))
        #expect(
            decision.change?.revocations
                == [Revocation(fact: .user(.alice, below: Epoch(5)), expires: expires, reason: .signedOutEverywhere)])
    }

    @Test("all raises the epoch of a user without sessions as well, for tokens that nobody knows of")
    func allOfNobody() {
        let decision = UserRecord(user: .alice).decide(.endAll(reason: .revokedByOperator), policy: policy, now: now)
        #expect(decision.reply == .ended([]))
        #expect(decision.change?.raisedEpoch?.epoch == Epoch(1))
        #expect(decision.next.epochRaisedAt == now)
    }

    @Test("has reasons whose names are stable")
    func reasons() {
        #expect(
            EndReason.allCases.map(\.rawValue)
                == [
                    "signed_out", "signed_out_everywhere", "revoked_by_user", "revoked_by_operator",
                    "revoked_by_application",
                    "reuse", "replaced", "too_many_sessions", "expired", "signed_out_at_provider",
                    "updated",
                ])
        #expect(ReuseKind.allCases.map(\.rawValue) == ["late", "long_past", "other_device"])
    }
}

@Suite("A session's record")
struct SessionRecordTests {
    @Test("takes signs of use in any order, any number of times, and only forward")
    func marksCommute() {
        var random = SeededGenerator(seed: 30)
        for run in 0..<300 {
            let uses = (0..<1 + random.below(6)).map { _ in
                SessionRecord.Use(
                    at: .start + .seconds(random.below(100) - 50), generation: Generation(UInt32(random.below(6))))
            }
            func applying(_ uses: [SessionRecord.Use]) -> SessionRecord {
                var session = SessionRecord.sample()
                for use in uses { session.apply(use) }
                return session
            }
            let ordered = applying(uses)
            #expect(applying((uses + uses).shuffled(using: &random)) == ordered, "run \(run)")
            #expect(ordered.lastUse.at == max(.start, uses.map(\.at).max() ?? .start), "run \(run)")
            #expect(ordered.lastUse.generation == uses.map(\.generation).max(), "run \(run)")
            #expect(ordered.matches(.sample()), "run \(run)")
        }
    }

    @Test("is confirmed by a use of its newest generation, or a newer one, only")
    func confirmation() {
        #expect(!SessionRecord.sample(generation: Generation(4), used: Generation(3)).isConfirmed)
        #expect(SessionRecord.sample(generation: Generation(4), used: Generation(4)).isConfirmed)
        #expect(SessionRecord.sample(generation: Generation(4), used: Generation(5)).isConfirmed)
    }

    @Test("lives until it was idle too long, counted from its last use or rotation, and never past its absolute limit")
    func limit() {
        let (idle, absolute) = (
            SessionPolicy.sample.idleTimeout, Timestamp.start + SessionPolicy.sample.absoluteTimeout
        )
        #expect(SessionRecord.sample().limit == .start + idle)
        #expect(SessionRecord.sample(usedAt: .start + .minutes(7)).limit == .start + .minutes(7) + idle)
        #expect(
            SessionRecord.sample(rotatedAt: .start + .minutes(8), usedAt: .start + .minutes(7)).limit == .start
                + .minutes(8) + idle)
        #expect(SessionRecord.sample(usedAt: absolute - .minutes(1)).limit == absolute)
        #expect(!SessionRecord.sample().isExpired(at: .start + idle - .milliseconds(1)))
        #expect(SessionRecord.sample().isExpired(at: .start + idle))
    }

    @Test("is another one to a compare-and-swap when anything but its last use differs")
    func matches() {
        let base = SessionRecord.sample()
        #expect(base.matches(.sample(used: Generation(3), usedAt: .start + .seconds(1))))
        let others: [SessionRecord] = [
            .sample(2), .sample(generation: Generation(2)), .sample(rotatedAt: .start + .milliseconds(1)),
            .sample(createdAt: .start + .seconds(1)),
            .sample(userEpoch: Epoch(1)), .sample(deploymentEpoch: Epoch(1)), .sample(adoptedUntil: .start),
            .sample(claims: [1]),
        ]
        for other in others { #expect(!base.matches(other)) }
    }

    @Test("in a user's record is found by name, marked when it is there, and never made by a mark")
    func userRecord() {
        var record = UserRecord.holding(.sample(1), .sample(2))
        let use = SessionRecord.Use(at: .start + .seconds(5), generation: .first)
        record.apply(Mark(user: .alice, session: .numbered(2), use: use))
        record.apply(Mark(user: .alice, session: .numbered(3), use: use))
        #expect(record[.numbered(1)] == .sample(1))
        #expect(record[.numbered(2)]?.lastUse == use)
        #expect(record[.numbered(3)] == nil)
        #expect(record.sessions.count == 2)
    }

    @Test("in a list of live sessions stands by its last use, the most recent first; the dead are left out")
    func liveSessions() {
        let record = UserRecord.holding(
            .sample(1, userEpoch: Epoch(1), usedAt: .start + .seconds(1)),
            .sample(2, userEpoch: Epoch(1), usedAt: .start + .seconds(3)),
            .sample(3, rotatedAt: .start + .seconds(2), userEpoch: Epoch(1)), .sample(4),
            .sample(5, createdAt: .start - .hours(30), userEpoch: Epoch(1)),
            epoch: Epoch(1))
        #expect(record.liveSessions(at: .start + .minutes(1)).map(\.id) == [2, 3, 1].map(SessionID.numbered))
        #expect(record.liveSessions(at: .start + .hours(2)).isEmpty)
    }
}
