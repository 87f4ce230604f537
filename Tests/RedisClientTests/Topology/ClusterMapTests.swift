import RESP
import Testing

@testable import RedisClient

@Suite("The map of a cluster")
struct ClusterMapTests {
    private static let asked = RedisAddress.host("10.0.0.9", port: 7000)

    static func server(_ host: RedisReply, _ port: Int, _ id: String = "id") -> RedisReply {
        .array([host, .integer(Int64(port)), .bytes(Array(id.utf8)), .array([])])
    }

    static func entry(_ first: Int, _ last: Int, _ servers: RedisReply...) -> RedisReply {
        .array([.integer(Int64(first)), .integer(Int64(last))] + servers)
    }

    static func text(_ text: String) -> RedisReply { .bytes(Array(text.utf8)) }

    /// Three servers on ports 1 to 3.
    static func sample() throws -> ClusterMap {
        let reply = RedisReply.array([
            entry(10_923, 16_383, server(text("10.0.0.1"), 3, "c"), server(text("10.0.0.1"), 6, "f")),
            entry(0, 5460, server(text("10.0.0.1"), 1, "a")), entry(5461, 10_922, server(text("10.0.0.1"), 2, "b")),
        ])
        return try ClusterMap(reply, askedAt: asked)
    }

    private func address(_ port: Int) -> RedisAddress { .host("10.0.0.1", port: port) }

    @Test("has the primaries in the order of their slots, and no replicas")
    func primaries() throws {
        let map = try Self.sample()
        #expect(
            map.nodes == [
                .init(id: "a", address: address(1), slots: [0...5460]),
                .init(id: "b", address: address(2), slots: [5461...10_922]),
                .init(id: "c", address: address(3), slots: [10_923...16_383]),
            ])
        #expect(map.owner(of: 0)?.id == "a")
        #expect(map.owner(of: 5461)?.id == "b")
        #expect(map.owner(of: 16_383)?.id == "c")
    }

    @Test("is as old as the last change that its server knows of")
    func epoch() {
        #expect(ClusterAnswer.epoch("cluster_state:ok\r\ncluster_current_epoch:17\r\ncluster_my_epoch:2\r\n") == 17)
        #expect(ClusterAnswer.epoch("cluster_state:ok\r\n") == nil)
        #expect(ClusterAnswer.epoch("cluster_current_epoch:x") == nil)
    }

    @Test("has the ranges of a server together, whatever their order")
    func ranges() throws {
        let server = Self.server(Self.text("10.0.0.1"), 1, "a")
        let reply = RedisReply.array([
            Self.entry(100, 200, server), Self.entry(5, 5, server), Self.entry(0, 4, server),
        ])
        let map = try ClusterMap(reply, askedAt: Self.asked)
        #expect(map.nodes == [.init(id: "a", address: address(1), slots: [0...5, 100...200])])
        #expect(map.owner(of: 6) == nil)
    }

    @Test("takes the host that was asked for a server that does not know its own, and skips one that is unknown")
    func hosts() throws {
        let reply = RedisReply.array([
            Self.entry(0, 0, Self.server(.null, 1)), Self.entry(1, 1, Self.server(Self.text(""), 2)),
            Self.entry(2, 2, Self.server(Self.text("?"), 3)),
        ])
        let map = try ClusterMap(reply, askedAt: Self.asked)
        #expect(map.nodes.map(\.address) == [.host("10.0.0.9", port: 1), .host("10.0.0.9", port: 2)])
    }

    @Test("follows a slot that has moved, also to a server that is new, and forgets who has no slots")
    func move() throws {
        var map = try Self.sample()
        map.move(slot: 100, to: address(3))
        #expect(map.owner(of: 100)?.id == "c")
        #expect(map.nodes.first { $0.id == "a" }?.slots == [0...99, 101...5460])
        #expect(map.nodes.first { $0.id == "c" }?.slots == [100...100, 10_923...16_383])
        map.move(slot: 5461, to: address(9))
        #expect(map.owner(of: 5461)?.address == address(9))
        // The newcomer loses its only slot again.
        map.move(slot: 5461, to: address(2))
        #expect(map.nodes.map(\.id) == ["a", "c", "b"])
    }

    @Test("is complete when every slot has a server")
    func completeness() throws {
        #expect(try Self.sample().isComplete)
        let part = RedisReply.array([Self.entry(0, 16_382, Self.server(Self.text("10.0.0.1"), 1))])
        #expect(try !ClusterMap(part, askedAt: Self.asked).isComplete)
    }

    @Test("says whether channels are at a server: plain ones are at any, sharded ones at that of their slot")
    func channels() throws {
        let map = try Self.sample()
        // Slots 12,182 and 5061.
        #expect(map.serves(["foo"], .sharded, at: address(3)) && map.serves(["bar"], .sharded, at: address(1)))
        #expect(!map.serves(["foo", "bar"], .sharded, at: address(3)))
        #expect(map.serves(["foo", "bar"], .plain, at: address(2)) && !map.serves(["foo"], .plain, at: address(9)))
    }

    @Test(
        "is not made of what is no answer",
        arguments: [
            RedisReply.null, .status("OK"), .array([.null]), .array([.array([.integer(0), .integer(1)])]),
            .array([ClusterMapTests.entry(5, 4, ClusterMapTests.server(ClusterMapTests.text("a"), 1))]),
            .array([ClusterMapTests.entry(-1, 4, ClusterMapTests.server(ClusterMapTests.text("a"), 1))]),
            .array([ClusterMapTests.entry(0, 16_384, ClusterMapTests.server(ClusterMapTests.text("a"), 1))]),
            .array([ClusterMapTests.entry(0, 1, .array([ClusterMapTests.text("a")]))]),
            .array([ClusterMapTests.entry(0, 1, .array([ClusterMapTests.text("a"), .null]))]),
        ])
    func refusal(_ reply: RedisReply) {
        #expect(throws: RedisError.self) { try ClusterMap(reply, askedAt: Self.asked) }
    }
}
