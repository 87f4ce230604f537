import TesseraCore
import Testing

extension TokenFacts {
    /// A token of Alice's first session.
    static func sample(
        user: UserID = .alice, session: Int = 1, generation: UInt32 = 5, userEpoch: UInt32 = 0,
        deploymentEpoch: UInt32 = 0,
        id: String = "jti"
    ) -> TokenFacts {
        TokenFacts(
            user: user, session: .numbered(session), generation: Generation(generation), userEpoch: Epoch(userEpoch),
            deploymentEpoch: Epoch(deploymentEpoch), id: .sample(id))
    }
}

@Suite("A blocklist")
struct BlocklistTests {
    static let later = Timestamp.start + .minutes(5)

    static func holding(_ facts: EndedFact..., until expires: Timestamp = later) -> Blocklist {
        var blocklist = Blocklist()
        for fact in facts { blocklist.insert(Revocation(fact: fact, expires: expires, reason: .revokedByOperator)) }
        return blocklist
    }

    @Test("that is empty says nothing")
    func empty() {
        let blocklist = Blocklist()
        #expect(blocklist.verdict(on: .sample()) == .clear)
        #expect(blocklist.count == 0)
        #expect(!blocklist.contains(SessionID.numbered(1)))
        #expect(!blocklist.contains(TokenID.sample("jti")))
    }

    @Test(
        "ends exactly the tokens that a fact names",
        arguments: [
            (.token(.sample("jti")), .sample(), .ended), (.token(.sample("jti")), .sample(id: "other"), .clear),
            (.session(.numbered(1)), .sample(), .ended), (.session(.numbered(1)), .sample(session: 2), .clear),
            (.session(.numbered(1)), .sample(generation: .max), .ended),
            (.session(.numbered(1)), .sample(generation: 0), .ended),
            (.generations(.numbered(1), below: Generation(6)), .sample(), .superseded),
            (.generations(.numbered(1), below: Generation(5)), .sample(), .clear),
            (.generations(.numbered(1), below: Generation(6)), .sample(session: 2), .clear),
            (.user(.alice, below: Epoch(1)), .sample(), .ended),
            (.user(.alice, below: Epoch(1)), .sample(userEpoch: 1), .clear),
            (.user(.alice, below: Epoch(1)), .sample(user: .bob), .clear),
            (.everybody(below: Epoch(1)), .sample(user: .bob), .ended),
            (.everybody(below: Epoch(1)), .sample(deploymentEpoch: 1), .clear),
            (.everybody(below: Epoch(1)), .sample(userEpoch: 7), .ended),
        ] as [(EndedFact, TokenFacts, Blocklist.Verdict)])
    func verdicts(fact: EndedFact, token: TokenFacts, verdict: Blocklist.Verdict) {
        #expect(Self.holding(fact).verdict(on: token) == verdict)
    }

    @Test("says that a token is ended even where an older generation alone would be superseded")
    func widestFactWins() {
        var blocklist = Self.holding(.generations(.numbered(1), below: Generation(6)))
        #expect(!blocklist.contains(SessionID.numbered(1)))
        blocklist.insert(Revocation(fact: .session(.numbered(1)), expires: .start, reason: .signedOut))
        #expect(blocklist.verdict(on: .sample()) == .ended)
        #expect(blocklist.contains(SessionID.numbered(1)))
        blocklist.insert(
            Revocation(fact: .generations(.numbered(1), below: Generation(2)), expires: .start, reason: .updated))
        #expect(blocklist.verdict(on: .sample()) == .ended)
        #expect(
            Self.holding(.generations(.numbered(1), below: Generation(6)), .token(.sample("jti"))).verdict(
                on: .sample()) == .ended)
        #expect(Self.holding(.token(.sample("jti"))).contains(TokenID.sample("jti")))
    }

    @Test("counts one entry for each thing, and none for everybody")
    func count() {
        let facts: [EndedFact] = [
            .token(.sample("a")), .token(.sample("a")), .session(.numbered(1)),
            .generations(.numbered(1), below: Generation(3)),
            .generations(.numbered(2), below: Generation(3)), .user(.alice, below: Epoch(1)),
            .user(.alice, below: Epoch(2)),
            .everybody(below: Epoch(4)),
        ]
        var blocklist = Blocklist()
        for fact in facts { blocklist.insert(Revocation(fact: fact, expires: Self.later, reason: .signedOut)) }
        #expect(blocklist.count == 4)
    }

    @Test(
        "says of a fact whether it was new",
        arguments: [
            .token(.sample("jti")), .session(.numbered(1)), .generations(.numbered(1), below: Generation(3)),
            .user(.alice, below: Epoch(3)),
        ] as [EndedFact])
    func news(fact: EndedFact) {
        func revocation(_ expires: Timestamp) -> Revocation {
            Revocation(fact: fact, expires: expires, reason: .signedOut)
        }
        var blocklist = Blocklist()
        #expect(blocklist.insert(revocation(.start)) == true)
        #expect(blocklist.insert(revocation(.start)) == false)
        #expect(blocklist.insert(revocation(.start - .milliseconds(1))) == false)
        #expect(blocklist.insert(revocation(.start + .milliseconds(1))) == true)
        #expect(blocklist.insert(revocation(.start)) == false)
    }

    @Test("says of a wider fact that it was new, and of a narrower that it was not")
    func widerNews() {
        func at(_ fact: EndedFact) -> Revocation { Revocation(fact: fact, expires: Self.later, reason: .updated) }
        var blocklist = Blocklist()
        #expect(blocklist.insert(at(.generations(.numbered(1), below: Generation(3)))) == true)
        #expect(blocklist.insert(at(.generations(.numbered(1), below: Generation(4)))) == true)
        #expect(blocklist.insert(at(.generations(.numbered(1), below: Generation(3)))) == false)
        #expect(blocklist.insert(at(.session(.numbered(1)))) == true)
        #expect(blocklist.insert(at(.generations(.numbered(1), below: Generation(9)))) == false)
        #expect(blocklist.insert(at(.user(.alice, below: Epoch(1)))) == true)
        #expect(blocklist.insert(at(.user(.alice, below: Epoch(2)))) == true)
        #expect(blocklist.insert(at(.user(.alice, below: Epoch(1)))) == false)
        #expect(blocklist.insert(at(.everybody(below: Epoch(1)))) == true)
        #expect(blocklist.insert(at(.everybody(below: Epoch(1)))) == false)
        #expect(blocklist.insert(at(.everybody(below: Epoch(2)))) == true)
        #expect(blocklist.insert(at(.everybody(below: Epoch(1)))) == false)
        #expect(blocklist.verdict(on: .sample(userEpoch: 9, deploymentEpoch: 1)) == .ended)
    }

    @Test("keeps an entry until its expiry, and not a millisecond longer")
    func trimBoundaries() {
        let facts: [EndedFact] = [.token(.sample("jti")), .session(.numbered(1)), .user(.alice, below: Epoch(1))]
        for fact in facts {
            var blocklist = Self.holding(fact)
            #expect(blocklist.trim(at: Self.later - .milliseconds(1)) == 0)
            #expect(blocklist.verdict(on: .sample()) == .ended)
            #expect(blocklist.trim(at: Self.later) == 1)
            #expect(blocklist.verdict(on: .sample()) == .clear)
            #expect(blocklist.count == 0)
            #expect(blocklist.trim(at: Self.later + .days(1)) == 0)
        }
    }

    @Test("keeps a raised epoch of the deployment for ever")
    func everybodyStays() {
        var blocklist = Self.holding(.everybody(below: Epoch(1)))
        blocklist.trim(at: Self.later + .days(10_000))
        #expect(blocklist.verdict(on: .sample()) == .ended)
    }

    @Test("keeps the later of two expiries, whichever came first")
    func laterExpiry() {
        for expiries in [[1, 2], [2, 1]] {
            var blocklist = Blocklist()
            for minutes in expiries {
                blocklist.insert(
                    Revocation(fact: .session(.numbered(1)), expires: .start + .minutes(minutes), reason: .signedOut))
            }
            #expect(blocklist.trim(at: .start + .minutes(1)) == 0)
            #expect(blocklist.contains(SessionID.numbered(1)))
            #expect(blocklist.trim(at: .start + .minutes(2)) == 1)
        }
    }

    @Test("trims every entry in its time, however often and in whatever order")
    func trimming() {
        var random = SeededGenerator(seed: 20)
        for run in 0..<100 {
            var blocklist = Blocklist()
            var expiries: [Int: Int] = [:]
            for now in 0..<60 {
                for _ in 0..<random.below(4) {
                    let (session, expires) = (random.below(20), random.below(80))
                    let fact = EndedFact.session(.numbered(session))
                    blocklist.insert(Revocation(fact: fact, expires: .start + .seconds(expires), reason: .signedOut))
                    expiries[session] = max(expiries[session] ?? 0, expires)
                }
                let expected = expiries.filter { $0.value > now }
                #expect(
                    blocklist.trim(at: .start + .seconds(now)) == expiries.count - expected.count,
                    "run \(run) at \(now)")
                expiries = expected
                #expect(blocklist.count == expiries.count, "run \(run) at \(now)")
                let sessions = (0..<20).filter { blocklist.contains(SessionID.numbered($0)) }
                #expect(sessions == expiries.keys.sorted(), "run \(run) at \(now)")
            }
        }
    }
}
