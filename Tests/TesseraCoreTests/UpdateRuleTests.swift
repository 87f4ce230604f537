import TesseraCore
import Testing

/// Changing the claims of a session, which makes its older tokens stop being fresh.
@Suite("An update")
struct UpdateRuleTests {
    let policy = SessionPolicy.sample
    let now = Timestamp.start + .minutes(10)

    @Test("makes the next generation, and puts those below it on the blocklist until none can be fresh")
    func update() throws {
        let session = SessionRecord.sample(generation: Generation(4))
        let decision = UserRecord.holding(session).decide(.update(1, Generation(4)), policy: policy, now: now)
        guard case .rotated(let next, recovered: false) = decision.reply else { throw Unexpected(decision) }
        #expect(next.generation == Generation(5))
        #expect(next.rotatedAt == now)
        let expires = now + policy.freshWindow + SessionPolicy.clockSkew
        let fact = EndedFact.generations(.numbered(1), below: Generation(5))
        #expect(decision.change?.revocations == [Revocation(fact: fact, expires: expires, reason: .updated)])
        #expect(decision.change?.edits == [.replace(session, with: next)])
    }

    @Test("with a generation that is still usable makes another one, so that no generation has two contents")
    func previousGeneration() throws {
        let session = SessionRecord.sample(generation: Generation(4), used: Generation(3))
        let decision = UserRecord.holding(session).decide(.update(1, Generation(3)), policy: policy, now: now)
        guard case .rotated(let next, recovered: false) = decision.reply else { throw Unexpected(decision) }
        #expect(next.generation == Generation(5))
        #expect(decision.change?.revocations.map(\.fact) == [.generations(.numbered(1), below: Generation(5))])
    }

    @Test("of lost writes follows the token, and blocks all below it")
    func lostWrites() throws {
        let decision = UserRecord.holding(.sample()).decide(.update(1, Generation(7)), policy: policy, now: now)
        guard case .rotated(let next, recovered: true) = decision.reply else { throw Unexpected(decision) }
        #expect(next.generation == Generation(8))
        #expect(decision.change?.revocations.map(\.fact) == [.generations(.numbered(1), below: Generation(8))])
    }

    @Test("whose answers are lost again and again signs nobody out: nothing newer was seen in use")
    func lostAnswers() {
        var record = UserRecord.holding(.sample(generation: Generation(4), used: Generation(4)))
        var now = now
        for attempt in 1...5 {
            let decision = record.decide(.update(1, Generation(4)), policy: policy, now: now)
            #expect(decision.reply.isRotated, "attempt \(attempt)")
            record = decision.next
            now = now + .minutes(2)
        }
        #expect(record.decide(.rotate(1, Generation(4)), policy: policy, now: now).reply.isSameSuccessor)
    }

    @Test("does not let an old generation back in: what was superseded and then seen in use stays reuse")
    func supersededStaysReuse() {
        // 1 to 2 and 2 to 3 by use, 3 to 4 by an update: 2 has a successor that was presented.
        var record = UserRecord.holding(.sample())
        var now = now
        for command in [Command.rotate(1, .first), .rotate(1, Generation(2)), .update(1, Generation(3))] {
            record = record.decide(command, policy: policy, now: now).next
            now = now + .minutes(10)
        }
        #expect(record.decide(.rotate(1, Generation(3)), policy: policy, now: now).reply.isSameSuccessor)
        for old in [Generation.adopted, .first, Generation(2)] {
            let decision = record.decide(.rotate(1, old), policy: policy, now: now)
            #expect(decision.reply == .refused(.reuse(.longPast)), "\(old)")
        }
    }

    @Test("soon after another does not make a parallel request of the generation before them reuse")
    func twoWithinTheGrace() {
        // One tab has sent a request with generation 4; another tab changes the session twice before it arrives.
        var record = UserRecord.holding(.sample(generation: Generation(4), used: Generation(4)))
        record = record.decide(.update(1, Generation(4)), policy: policy, now: now).next
        record = record.decide(.update(1, Generation(5)), policy: policy, now: now + .seconds(2)).next
        let decision = record.decide(.rotate(1, Generation(4)), policy: policy, now: now + .seconds(3))
        #expect(!decision.reply.isReuse)
        #expect(decision.next[.numbered(1)] != nil)
    }
}
