import TesseraCore
import Testing

/// A thief who copied a token, beside the browser that it was copied from.
@Suite("A copied token")
struct TheftTests {
    /// Somebody who holds a token of the session, and presents it when it is no longer fresh.
    private struct Party {
        var generation: Generation
        var refusal: Refusal?
    }

    private struct Course {
        let policy = SessionPolicy.sample
        var random: SeededGenerator
        var store = ModelStore()
        var now = Timestamp.start
        var parties: [Party] = []

        init(seed: UInt64) {
            random = SeededGenerator(seed: seed)
            let new = Command.NewSession(id: .numbered(1), authenticatedAt: now, device: .laptop)
            _ = answer(.signIn(new))
            parties = [Party(generation: .first), Party(generation: .first)]
        }

        /// Reads, decides and commits in one go.
        mutating func answer(_ command: Command) -> Reply {
            let decision = store.load().decide(command, policy: policy, now: now)
            guard let change = decision.change else { return decision.reply }
            let outcome = store.commit(change, at: now)
            #expect(outcome == .committed)
            return outcome == .committed ? decision.reply : .ended([])
        }

        /// A party presents its token.
        mutating func present(_ party: Int) {
            switch answer(.rotate(1, parties[party].generation)) {
            case .rotated(let session, recovered: false), .sameSuccessor(let session):
                parties[party].generation = session.generation
            case .refused(let refusal): parties[party].refusal = refusal
            case .rotated, .started, .ended: Issue.record("an answer that nobody asked for")
            }
        }

        /// A party uses its token while it is fresh, and the mark of that is written.
        mutating func use(_ party: Int) {
            let use = SessionRecord.Use(at: now, generation: parties[party].generation)
            store.mark(Mark(user: .alice, session: .numbered(1), use: use), at: now)
        }

        var isFound: Bool { parties.contains { $0.refusal != nil } }
    }

    @Test("is found as soon as both have come back, the one's token in use and the grace over")
    func foundAtOnce() throws {
        for seed in 0..<300 as Range<UInt64> {
            var course = Course(seed: seed)
            // Both may go on together for a while, each within the other's grace.
            for _ in 0..<course.random.below(4) {
                course.now = course.now + .minutes(5 + course.random.below(30))
                for party in [0, 1].shuffled(using: &course.random) {
                    course.present(party)
                    if course.random.chance(50) { course.use(party) }
                    course.now = course.now + .milliseconds(course.random.below(15_000))
                }
                #expect(!course.isFound, "seed \(seed)")
            }
            course.now = course.now + .minutes(5)
            let first = course.random.below(2)
            course.present(first)
            course.use(first)
            course.now = course.now + course.policy.grace + .milliseconds(1 + course.random.below(1_000_000))
            #expect(!course.isFound, "seed \(seed)")
            course.present(1 - first)
            guard case .reuse = course.parties[1 - first].refusal else {
                Issue.record("seed \(seed): \(course.parties)")
                continue
            }
            // The session is over for both.
            #expect(course.store.sessions.isEmpty, "seed \(seed)")
            #expect(course.store.blocklist.contains(SessionID.numbered(1)), "seed \(seed)")
            course.present(first)
            #expect(course.parties[first].refusal == .unknown, "seed \(seed)")
        }
    }

    @Test("is found without a mark as well, once its successor's successor is there")
    func foundByRotationAlone() {
        for first in 0...1 {
            var course = Course(seed: 1)
            for _ in 0..<2 {
                course.now = course.now + .minutes(10)
                course.present(first)
            }
            course.now = course.now + .minutes(10)
            course.present(1 - first)
            #expect(course.parties[1 - first].refusal == .reuse(.longPast))
            #expect(course.store.sessions.isEmpty)
        }
    }

    @Test("is found within a few rounds, however both come and go")
    func foundInTheEnd() {
        var longest = 0
        for seed in 0..<300 as Range<UInt64> {
            var course = Course(seed: 1000 + seed)
            var rounds = 0
            while !course.isFound, rounds < 60 {
                rounds += 1
                course.now = course.now + .seconds(1 + course.random.below(1200))
                let party = course.random.below(2)
                course.present(party)
                if !course.isFound, course.random.chance(70) { course.use(party) }
            }
            #expect(course.isFound && course.store.sessions.isEmpty, "seed \(seed)")
            longest = max(longest, rounds)
        }
        #expect(longest < 60)
    }

    @Test("that is older than the previous one does not work even once")
    func oldCopy() {
        for seed in 0..<100 as Range<UInt64> {
            var course = Course(seed: 2000 + seed)
            for _ in 0..<2 + course.random.below(5) {
                course.now = course.now + .minutes(5 + course.random.below(10))
                course.present(0)
                if course.random.chance(50) { course.use(0) }
            }
            course.present(1)
            guard case .reuse = course.parties[1].refusal else {
                Issue.record("seed \(seed): \(course.parties)")
                continue
            }
        }
    }
}
