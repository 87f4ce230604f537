import RESP
import TesseraCore
import TesseraRuntime
import Testing

@testable import TesseraRedis

@Suite("Texts in Redis and on the bus")
struct CodingTests {
    private static func revocations() throws -> [Revocation] {
        var samples = Samples(seed: 80)
        let names = ["ann", "u\u{301}ber", "\u{301}", "O'Brien; --", "利用者", "🏛️ ", String(repeating: "x", count: 256)]
        let users = try names.map { try #require(UserID($0)) }
        var facts: [EndedFact] = users.map { .user($0, below: Epoch(7)) }
        facts += [
            .session(samples.session(of: users[0]).id),
            .generations(samples.session(of: users[0]).id, below: Generation(3)),
            .token(try #require(TokenID("s token".replacing(" ", with: "-")))), .everybody(below: Epoch(.max)),
        ]
        let moments = [Int64.min, -1, 0, 1_800_000_000_000, .max]
        return facts.flatMap { fact in
            zip(EndReason.allCases, moments + moments).map { reason, moment in
                Revocation(fact: fact, expires: Timestamp(milliseconds: moment), reason: reason)
            }
        }
    }

    @Test("Every revocation is read back from its line")
    func lines() throws {
        let all = try Self.revocations()
        let page = all.map { RevocationText($0).line }.joined()
        #expect(try Revocation.list(in: Array(page.utf8)[...]) == all)
        #expect(try Revocation.list(in: []) == [])
    }

    @Test(
        "A line that is none, or of a newer version, is refused: what it ends must not be left out",
        arguments: [
            "x", "1 2 reuse", "1 2 reuse e", "-1 2 reuse e\n", "1 2x reuse e\n", "1 2 because e\n", "1 2 reuse z\n",
            "1 2 reuse \n", "1 2 reuse s123\n", "1 2 reuse u\n", "1 2 reuse eve\n", "\n",
            "4294967296 2 reuse e\n",
        ])
    func unreadable(_ line: String) {
        #expect(throws: StoreError.self) { try Revocation.list(in: Array(("1 2 reuse e\n" + line).utf8)[...]) }
        #expect(throws: StoreError.self) { try Revocation.list(in: [0xFF]) }
    }

    @Test("Every message is read back, and none is made of anything else")
    func messages() throws {
        let node = try #require(NodeID("node-a"))
        let user = try #require(UserID("ann  of\u{301} "))
        let at = Timestamp(milliseconds: 1_800_000_000_123)
        let request = ConfirmationRequest(number: .max, node: node, shards: [0, 9, 63])
        let revocations = try Self.revocations()
        let cases: [(bytes: [UInt8], message: BusMessage)] = [
            (
                MessageText.changed(shard: 9, node: node, user: user, revocations: revocations),
                .changed(.expected(node, 9, user, revocations, at))
            ),
            (
                MessageText.changed(shard: 0, node: node, user: nil, revocations: []),
                .changed(.expected(node, 0, nil, [], at))
            ),
            (MessageText.beat(.max), .beat(.max, acceptedAt: at)),
            (MessageText.asked(request), .asked(request)),
            (MessageText.confirmed(request, by: node), .confirmed(.max, by: node)),
        ]
        for (bytes, message) in cases {
            let whole = Array("1800000000123 ".utf8) + bytes
            #expect(MessageText.read(whole) == message)
            for length in 0..<min(whole.count, 20) { #expect(MessageText.read(Array(whole.prefix(length))) != message) }
        }
        for text in [
            "", "1 z 2", "x b 1", "1 b", "1 b -1", "1 c 1 node", "1 c x node ann\n", "1 a 1 node", "1 k 1 a b c",
        ] {
            #expect(MessageText.read(Array(text.utf8)) == nil, "\(text)")
        }
    }

    @Test("A lease is read back from its fields")
    func leases() throws {
        for (age, united) in [(Duration?.none, ReplicationID?.none), (.milliseconds(3), ReplicationID("abc"))] {
            let lease = NodeLease(
                node: try #require(NodeID("n")), address: "", version: "1 2", startedAt: start, beat: .max,
                watermarkAge: age, unitedIn: united, bound: .seconds(2), revocations: 0, actors: 5)
            let fields = LeaseFields.arguments(lease).map { argument -> RedisReply in
                switch argument {
                case .string(let text): .bytes(Array(text.utf8))
                case .bytes(let bytes): .bytes(bytes)
                case .integer(let number): .bytes(Array(String(number).utf8))
                }
            }
            #expect(try LeaseFields.read(.array([.bytes(Array("n".utf8)), .array(fields)])) == lease)
        }
    }

    @Test("Prefixes that would change what a key means are none")
    func prefixes() {
        for prefix in ["tessera", "a:b-c.d_9"] { #expect(Keyspace(prefix: prefix, shards: .single) != nil) }
        for prefix in ["", "a{b}", "a b", "*", "ä", String(repeating: "x", count: 65)] {
            #expect(Keyspace(prefix: prefix, shards: .single) == nil)
        }
        #expect(Keyspace(prefix: "p", shards: Fixture.shards)?.shard(7) == "p:{t07}")
        #expect(Keyspace(prefix: "p", shards: Fixture.shards)?.shard(63) == "p:{t63}")
    }
}
