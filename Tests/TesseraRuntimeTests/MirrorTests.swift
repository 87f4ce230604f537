import TesseraCore
import TesseraRuntime
import Testing

@Suite("The mirror")
struct MirrorTests {
    private let now = Timestamp(seconds: 1_800_000_000)
    private let session = SessionID(high: 3, low: 4)

    private func facts(generation: UInt32 = 5, epoch: UInt32 = 0, deployment: UInt32 = 0) throws -> TokenFacts {
        TokenFacts(
            user: try #require(UserID("ada")), session: session, generation: Generation(generation),
            userEpoch: Epoch(epoch), deploymentEpoch: Epoch(deployment), id: try #require(TokenID("id")))
    }

    private func revocation(_ fact: EndedFact, _ duration: Duration = .minutes(5)) -> Revocation {
        Revocation(fact: fact, expires: now + duration, reason: .signedOut)
    }

    @Test("A mirror that nobody vouches for is not trusted, and says so until it is, and when that has run out")
    func trust() throws {
        let mirror = Mirror()
        #expect(!mirror.isTrusted(at: now))
        #expect(mirror.verdict(on: try facts(), at: now) == .unknown)
        mirror.trust(until: now + .seconds(2), afterDoubts: 0)
        #expect(mirror.isTrusted(at: now + .milliseconds(1_999)))
        #expect(mirror.verdict(on: try facts(), at: now + .milliseconds(1_999)) == .clear)
        #expect(!mirror.isTrusted(at: now + .seconds(2)))
        #expect(mirror.verdict(on: try facts(), at: now + .seconds(2)) == .unknown)
    }

    @Test("What it knows to be ended is ended, trusted or not")
    func endings() throws {
        let user = try #require(UserID("ada"))
        let ended: [EndedFact] = [
            .token(try #require(TokenID("id"))), .session(session), .user(user, below: Epoch(1)),
            .everybody(below: Epoch(1)),
        ]
        for fact in ended {
            let mirror = Mirror()
            mirror.insert([revocation(fact)])
            #expect(mirror.verdict(on: try facts(), at: now) == .ended)
            mirror.trust(until: .distantFuture, afterDoubts: 0)
            #expect(mirror.verdict(on: try facts(), at: now) == .ended)
        }
        let mirror = Mirror()
        mirror.insert([revocation(.generations(session, below: Generation(6)))])
        #expect(mirror.verdict(on: try facts(), at: now) == .superseded)
        mirror.trust(until: .distantFuture, afterDoubts: 0)
        #expect(mirror.verdict(on: try facts(), at: now) == .superseded)
        #expect(mirror.verdict(on: try facts(generation: 6), at: now) == .clear)
        #expect(!mirror.isEnded(session))
        mirror.insert([revocation(.session(session))])
        #expect(mirror.isEnded(session) && mirror.count == 1)
    }

    @Test("Trimming drops what has expired and nothing else")
    func trim() throws {
        let mirror = Mirror()
        mirror.insert([
            revocation(.session(session), .seconds(10)), revocation(.token(try #require(TokenID("id"))), .seconds(20)),
        ])
        mirror.trim(at: now + .seconds(10))
        #expect(mirror.count == 1 && !mirror.isEnded(session))
        mirror.trim(at: now + .seconds(20))
        #expect(mirror.count == 0)
    }
}
