import Testing

@testable import TesseraCore

@Suite("Users, sessions and facts belong to shards")
struct ShardsTests {
    private func sample(_ number: Int) -> SessionID {
        SessionID(high: UInt64(number) &* 0x9e37_79b9_7f4a_7c15, low: UInt64(number) &* 0xd134_2543_de82_ef95)
    }

    @Test("Only powers of two up to 4096 are numbers of shards")
    func counts() {
        for count in [1, 2, 64, 4096] { #expect(Shards(count: count)?.count == count) }
        for count in [-1, 0, 3, 63, 65, 8192] { #expect(Shards(count: count) == nil) }
    }

    @Test("Where users belong never changes: stores have been written with it")
    func fixedPlaces() throws {
        let shards = try #require(Shards(count: 64))
        let places = try ["ann", "bob", "Andr\u{e9}", "Andre\u{301}", "利用者", " "].map {
            shards.shard(of: try #require(UserID($0)))
        }
        #expect(places == ShardsTests.recorded)
    }

    private static let recorded = [1, 7, 34, 55, 21, 45]

    @Test("Users are spread evenly")
    func spread() throws {
        let shards = try #require(Shards(count: 64))
        var counts = [Int](repeating: 0, count: 64)
        for number in 0..<64_000 { counts[shards.shard(of: try #require(UserID("user-\(number)")))] += 1 }
        // 1000 each; six standard deviations are 190.
        #expect(counts.allSatisfy { (800...1200).contains($0) }, "\(counts)")
    }

    @Test("A placed session tells its user's shard, and keeps its other bits", arguments: [1, 2, 64, 4096])
    func placing(_ count: Int) throws {
        let shards = try #require(Shards(count: count))
        for number in 0..<200 {
            let user = try #require(UserID("user-\(number)"))
            let id = sample(number)
            let placed = shards.place(id, of: user)
            #expect(shards.shard(of: placed) == shards.shard(of: user))
            #expect(shards.place(placed, of: user) == placed)
            #expect(placed.bytes.dropFirst(2) == id.bytes.dropFirst(2))
            let kept = 16 - count.trailingZeroBitCount
            let mask = UInt16(truncatingIfNeeded: 1 << kept - 1)
            #expect(firstWord(placed) & mask == firstWord(id) & mask)
        }
    }

    private func firstWord(_ id: SessionID) -> UInt16 { UInt16(id.bytes[0]) << 8 | UInt16(id.bytes[1]) }

    @Test("With 64 shards the first character of a session's name is its shard's")
    func readable() throws {
        let shards = try #require(Shards(count: 64))
        let user = try #require(UserID("ann"))
        let first = Set((0..<50).map { "\(shards.place(sample($0), of: user))".first })
        #expect(first.count == 1)
    }

    @Test("A fact belongs where what it names belongs; one about everybody to every shard")
    func facts() throws {
        let shards = try #require(Shards(count: 64))
        let user = try #require(UserID("ann"))
        let session = shards.place(sample(7), of: user)
        let shard = shards.shard(of: user)
        #expect(shards.shard(of: .user(user, below: Epoch(1))) == shard)
        #expect(shards.shard(of: .session(session)) == shard)
        #expect(shards.shard(of: .generations(session, below: Generation(3))) == shard)
        #expect(shards.shard(of: .everybody(below: Epoch(1))) == nil)
        let token = try #require(TokenID("token"))
        #expect(shards.shard(of: .token(token)).map(shards.all.contains) == true)
    }
}
