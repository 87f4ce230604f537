import TesseraCore
import Testing

/// A blocklist is a join-semilattice: what it says depends on the set of facts it was told, on nothing else.
@Suite("Blocklists merge")
struct BlocklistLawTests {
    /// All that can be seen of a blocklist: its verdicts on every token of a small world, now and after every expiry.
    static func observation(of blocklist: Blocklist) -> [Blocklist.Verdict] {
        var blocklist = blocklist
        var verdicts: [Blocklist.Verdict] = []
        for minutes in 0...4 {
            blocklist.trim(at: .start + .minutes(minutes))
            for number in 0..<Self.tokens.count { verdicts.append(blocklist.verdict(on: Self.tokens[number])) }
        }
        return verdicts
    }

    static let tokens: [TokenFacts] = {
        var tokens: [TokenFacts] = []
        for session in 1...2 {
            for generation in [1, 3] as [UInt32] {
                for epoch in 0...1 as ClosedRange<UInt32> {
                    tokens.append(
                        .sample(
                            session: session, generation: generation, userEpoch: epoch, id: "\(session)-\(generation)"))
                    tokens.append(
                        .sample(user: .bob, session: session, generation: generation, deploymentEpoch: epoch, id: "x"))
                }
            }
        }
        return tokens
    }()

    static func revocations(_ random: inout SeededGenerator) -> [Revocation] {
        (0..<random.below(7)).map { _ in
            let session = SessionID.numbered(1 + random.below(2))
            let fact: EndedFact =
                switch random.below(10) {
                case 0, 1: .token(.sample(["1-1", "1-3", "x"][random.below(3)]))
                case 2, 3: .session(session)
                case 4, 5, 6: .generations(session, below: Generation(UInt32(random.below(5))))
                case 7, 8: .user([.alice, .bob][random.below(2)], below: Epoch(UInt32(random.below(3))))
                default: .everybody(below: Epoch(UInt32(random.below(2))))
                }
            let expires = Timestamp.start + .minutes(1 + random.below(4))
            return Revocation(
                fact: fact, expires: expires, reason: EndReason.allCases[random.below(EndReason.allCases.count)])
        }
    }

    static func blocklist(_ revocations: [Revocation]) -> Blocklist {
        var blocklist = Blocklist()
        for revocation in revocations { blocklist.insert(revocation) }
        return blocklist
    }

    @Test("in any order (commutative)")
    func commutative() {
        var random = SeededGenerator(seed: 21)
        for run in 0..<400 {
            let (left, right) = (Self.revocations(&random), Self.revocations(&random))
            let (first, second) = (Self.blocklist(left + right), Self.blocklist(right + left))
            #expect(Self.observation(of: first) == Self.observation(of: second), "run \(run)")
            #expect(first.count == second.count, "run \(run)")
            let shuffled = Self.blocklist((left + right).shuffled(using: &random))
            #expect(Self.observation(of: first) == Self.observation(of: shuffled), "run \(run)")
        }
    }

    @Test("by whatever way (associative)")
    func associative() {
        var random = SeededGenerator(seed: 22)
        for run in 0..<400 {
            let (left, middle, right) = (
                Self.revocations(&random), Self.revocations(&random), Self.revocations(&random)
            )
            var first = Self.blocklist(left + middle)
            for revocation in right { first.insert(revocation) }
            var second = Self.blocklist(left)
            for revocation in middle + right { second.insert(revocation) }
            #expect(Self.observation(of: first) == Self.observation(of: second), "run \(run)")
        }
    }

    @Test("any number of times (idempotent), and are told nothing new then")
    func idempotent() {
        var random = SeededGenerator(seed: 23)
        for run in 0..<400 {
            let facts = Self.revocations(&random)
            let once = Self.blocklist(facts)
            var twice = once
            for revocation in facts.shuffled(using: &random) {
                #expect(twice.insert(revocation) == false, "run \(run): \(revocation)")
            }
            #expect(Self.observation(of: once) == Self.observation(of: twice), "run \(run)")
        }
    }

    @Test("to what is never milder than one of them (monotone)")
    func monotone() {
        var random = SeededGenerator(seed: 24)
        func strength(_ verdict: Blocklist.Verdict) -> Int {
            switch verdict {
            case .clear: 0
            case .superseded: 1
            case .ended: 2
            }
        }
        for run in 0..<400 {
            let (left, right) = (Self.revocations(&random), Self.revocations(&random))
            let alone = Self.observation(of: Self.blocklist(left)).map(strength)
            let together = Self.observation(of: Self.blocklist(left + right)).map(strength)
            #expect(zip(alone, together).allSatisfy { $0 <= $1 }, "run \(run)")
        }
    }

    @Test("to the same whether trimmed before or after")
    func trimmedMerge() {
        var random = SeededGenerator(seed: 25)
        for run in 0..<400 {
            let (left, right) = (Self.revocations(&random), Self.revocations(&random))
            let now = Timestamp.start + .minutes(random.below(5))
            var late = Self.blocklist(left + right)
            late.trim(at: now)
            // What has expired may come back from another node, but not past the next trim.
            var early = Self.blocklist(left)
            early.trim(at: now)
            for revocation in right { early.insert(revocation) }
            early.trim(at: now)
            let (expected, found) = (late, early)
            #expect(found.count <= expected.count, "run \(run)")
            // No fact that still matters is lost: whatever an unexpired revocation ends is ended in both.
            for revocation in (left + right) where revocation.expires > now {
                let single = Self.blocklist([revocation])
                for token in Self.tokens where single.verdict(on: token) == .ended {
                    #expect(found.verdict(on: token) == .ended, "run \(run)")
                    #expect(expected.verdict(on: token) == .ended, "run \(run)")
                }
            }
        }
    }
}
