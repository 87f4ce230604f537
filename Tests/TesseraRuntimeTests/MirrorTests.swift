import TesseraCore
import TesseraRuntime
import TesseraTestKit
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

    private func reading(_ steady: Duration, wall: Duration? = nil) -> ClockReading {
        ClockReading(wall: now + (wall ?? steady), steady: steady)
    }

    @Test("A mirror that nobody vouches for is not trusted, and says so until it is, and when that has run out")
    func trust() throws {
        let mirror = Mirror()
        #expect(!mirror.isTrusted(at: reading(.zero)))
        #expect(mirror.watermarkAge(at: reading(.zero)) == nil)
        #expect(mirror.verdict(on: try facts(), at: reading(.zero)) == .unknown)
        mirror.trust([0], asOf: reading(.seconds(5)))
        #expect(mirror.isTrusted(at: reading(.seconds(7))))
        #expect(mirror.watermarkAge(at: reading(.seconds(7))) == .seconds(2))
        #expect(mirror.verdict(on: try facts(), at: reading(.seconds(7))) == .clear)
        let late = reading(.milliseconds(7001))
        #expect(!mirror.isTrusted(at: late))
        #expect(mirror.verdict(on: try facts(), at: late) == .unknown)
        #expect(mirror.verdictWithoutStore(on: try facts(), at: late) == .unknown)
        mirror.trust([0], asOf: reading(.seconds(4)))
        #expect(mirror.isTrusted(at: reading(.seconds(7))), "an older watermark takes nothing away")
        mirror.trustAlways()
        #expect(mirror.isTrusted(at: reading(.days(1000))))
    }

    @Test("Neither a wall clock that is set back nor a steady one that stands still stretches the trust")
    func clocks() {
        let mirror = Mirror()
        mirror.trust([0], asOf: reading(.seconds(10)))
        #expect(!mirror.isTrusted(at: reading(.seconds(13), wall: .seconds(-3600))))
        #expect(!mirror.isTrusted(at: reading(.seconds(10), wall: .seconds(13))))
        #expect(mirror.isTrusted(at: reading(.seconds(12), wall: .seconds(-3600))))
    }

    @Test("Extra time counts only where the store cannot be asked")
    func extraTrust() throws {
        let mirror = Mirror(limits: MirrorLimits(extraTrust: .seconds(30)))
        mirror.trust([0], asOf: reading(.zero))
        #expect(mirror.verdict(on: try facts(), at: reading(.seconds(3))) == .unknown)
        #expect(mirror.verdictWithoutStore(on: try facts(), at: reading(.seconds(32))) == .clear)
        #expect(mirror.verdictWithoutStore(on: try facts(), at: reading(.seconds(33))) == .unknown)
    }

    @Test("A token needs the trust of its user's shard, and of the shard that would block it by its name")
    func shards() throws {
        let shards = try #require(Shards(count: 64))
        let mirror = Mirror(shards: shards)
        let id = try facts().id
        let (home, other) = (shards.shard(of: try facts().user), try #require(shards.shard(of: .token(id))))
        try #require(home != other)
        mirror.trust(shards.all.filter { $0 != other }, asOf: reading(.zero))
        #expect(mirror.verdict(on: try facts(), at: reading(.zero)) == .unknown)
        mirror.trust([other], asOf: reading(.zero))
        #expect(mirror.verdict(on: try facts(), at: reading(.zero)) == .clear)
        mirror.trust(shards.all.filter { $0 != home }, asOf: reading(.seconds(2)))
        #expect(mirror.verdict(on: try facts(), at: reading(.seconds(3))) == .unknown)
        mirror.insert([revocation(.token(try facts().id))])
        #expect(mirror.verdict(on: try facts(), at: reading(.seconds(3))) == .ended)
        #expect(mirror.isEnded(try facts().id))
    }

    @Test("A session of a user is found in the user's shard, whatever its own name says")
    func unplacedSessions() throws {
        let shards = try #require(Shards(count: 64))
        let mirror = Mirror(shards: shards)
        mirror.trust(shards.all, asOf: reading(.zero))
        let place = shards.shard(of: try facts().user)
        try #require(shards.shard(of: session) != place)
        mirror.insert([revocation(.session(session))], of: try facts().user)
        #expect(mirror.verdict(on: try facts(), at: reading(.zero)) == .ended)
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
            #expect(mirror.verdict(on: try facts(), at: reading(.zero)) == .ended)
            mirror.trustAlways()
            #expect(mirror.verdict(on: try facts(), at: reading(.zero)) == .ended)
        }
        let mirror = Mirror()
        mirror.insert([revocation(.generations(session, below: Generation(6)))])
        #expect(mirror.verdict(on: try facts(), at: reading(.zero)) == .superseded)
        mirror.trustAlways()
        #expect(mirror.verdict(on: try facts(), at: reading(.zero)) == .superseded)
        #expect(mirror.verdict(on: try facts(generation: 6), at: reading(.zero)) == .clear)
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

    @Test("What a reading lacks is all that is wider, later or not in it, and has not expired")
    func missing() throws {
        let mirror = Mirror()
        let user = try #require(UserID("ada"))
        let known = [
            revocation(.session(session)), revocation(.user(user, below: Epoch(3))),
            revocation(.token(try #require(TokenID("id")))), revocation(.token(try #require(TokenID("old"))), .zero),
            revocation(.everybody(below: Epoch(2))),
        ]
        mirror.insert(known)
        func missing(_ reading: [Revocation]) -> Set<EndedFact> {
            Set(mirror.revocations(missingFrom: reading, shard: 0, at: now).map(\.fact))
        }
        #expect(missing(known).isEmpty)
        #expect(missing([]) == Set(known.map(\.fact)).subtracting([.token(try #require(TokenID("old")))]))
        let narrower = [
            revocation(.generations(session, below: Generation(9))), revocation(.user(user, below: Epoch(2))),
            revocation(.token(try #require(TokenID("id"))), .minutes(4)), revocation(.everybody(below: Epoch(1))),
        ]
        #expect(missing(narrower) == missing([]))
    }
}
