import Testing

@testable import RedisServers

@Suite("Several servers that a test starts")
struct TopologyTests {
    @Test("Sentinels promote a replica, when told to and when the primary is killed")
    func sentinels() async throws {
        try await RedisSentinels.with { trio async throws in
            let first = try await trio.primary()
            let second = try await trio.failOver()
            #expect(second.port != first.port)
            try await trio.settle()
            let third = try await trio.killPrimary()
            #expect(third.port != second.port)
            #expect(try await third.information("role") == "master")
        }
    }

    @Test("a Cluster promotes a replica, when told to and when a primary is killed, and moves a slot")
    func cluster() async throws {
        try await RedisCluster.with { cluster async throws in
            let owner = try await cluster.failOver(slot: 0)
            #expect(owner.server.port == cluster.nodes[3].server.port)
            let next = try await cluster.killPrimary(ofSlot: 16_383)
            #expect(next.server.port == cluster.nodes[5].server.port)
            // Slot 12,182 is that of `foo`.
            try await next.server.command("SET", "foo", "1")
            try await cluster.moveSlot(12_182, to: owner)
            #expect(try await owner.server.command("GET", "foo") == "1")
            #expect(try await cluster.primaries().count == 3)
            do {
                try await next.server.command("GET", "foo")
                Issue.record("the old owner answers")
            } catch let error as RedisServersError {
                #expect(error.description.contains("MOVED 12182 127.0.0.1:\(owner.server.port)"))
            }
        }
    }
}
