import TesseraCore
import Testing

/// The claims that a store keeps are added to a decision after it was made.
@Suite("A decision's claims")
struct DecisionClaimsTests {
    let now = Timestamp.start + .minutes(10)

    @Test("of a new session stand in what is written, answered and kept alike")
    func started() throws {
        let new = Command.NewSession(id: .numbered(2), authenticatedAt: now, device: .laptop)
        var decision = UserRecord.holding(.sample(1)).decide(.signIn(new), policy: .sample, now: now)
        decision.setClaims([7], of: .numbered(2))
        guard case .started(let session) = decision.reply else { throw Unexpected(decision) }
        #expect(session.claims == [7])
        #expect(decision.change?.edits == [.create(session)])
        #expect(decision.next[.numbered(2)] == session)
        #expect(decision.next[.numbered(1)] == .sample(1))
        #expect(decision.next.sessions.count == 2)
    }

    @Test("of a rotated session stand in what is written, and not in the condition", arguments: [false, true])
    func rotated(recovered: Bool) throws {
        let old = SessionRecord.sample(claims: [1])
        let presented = Generation(recovered ? 5 : 1)
        var decision = UserRecord.holding(old).decide(.update(1, presented), policy: .sample, now: now)
        decision.setClaims([7], of: .numbered(1))
        guard case .rotated(let session, recovered) = decision.reply else { throw Unexpected(decision) }
        #expect(session.claims == [7])
        #expect(decision.change?.edits == [.replace(old, with: session)])
        #expect(decision.change?.revocations.count == 1)
        #expect(decision.next.sessions == [session])
    }

    @Test("of a session that is not there change nothing")
    func absent() {
        let record = UserRecord.holding(.sample(1))
        let decision = record.decide(.rotate(1, .first), policy: .sample, now: now)
        var changed = decision
        changed.setClaims([7], of: .numbered(9))
        #expect(changed == decision)
    }
}
