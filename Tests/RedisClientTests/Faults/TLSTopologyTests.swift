import RESP
import RedisServers
import Testing

@testable import RedisClient

@Suite("Several servers that speak TLS, and nothing else", .timeLimit(.minutes(1)))
struct TLSTopologyTests {
    private let options: RedisServerOptions
    private let authority: String

    init() throws {
        var options = RedisServerOptions()
        options.certificate = .valid
        self.options = options
        authority = try Certificates.shared.get().authority
    }

    /// What a client is told that does not know who signed their certificates.
    private func refusal(_ url: String) async throws -> RedisError.Code? {
        try await withClient(url) { client in
            await failure { () async throws(RedisError) in
                try await client.execute(RedisCommand("PING"), timeout: .seconds(20))
            }?.code
        }
    }

    @Test("Sentinels are asked and the primary is followed over it")
    func sentinels() async throws {
        try await RedisSentinels.with(options) { trio async throws in
            try await withClient("\(trio.url)?tls_ca=\(authority)", { $0.prepareForFaults() }) { client async throws in
                try await client.waitUntilServed()
                let next = try await trio.failOver()
                try await eventually("the client follows") {
                    (try? await client.primaries().first?.address) == .host("127.0.0.1", port: next.port)
                }
                try await client.waitUntilServed()
            }
            #expect(try await refusal(trio.url) == .tlsFailed)
        }
    }

    @Test("a Cluster's members are found over it, the next primary too, and a sharded message comes")
    func cluster() async throws {
        // One key of each third.
        let keys: [RedisKey] = ["b", "c", "foo"]
        try await RedisCluster.with(options) { cluster async throws in
            let url = "\(cluster.url)?tls_ca=\(authority)"
            try await withClient(url, { $0.prepareForFaults() }) { client async throws in
                for key in keys { try await client.waitUntilServed(key) }
                try await client.withSubscription(to: ["b"], kind: .sharded) { subscription async throws in
                    var events = subscription.makeAsyncIterator()
                    #expect(try await events.next() == .subscribed("b"))
                    #expect(try await client.execute(RedisCommand("SPUBLISH", "b", "hello"), key: "b").int == 1)
                    #expect(try await events.next() == .message(channel: "b", payload: Array("hello".utf8)))
                }
                _ = try await cluster.failOver(slot: HashSlot.of("b"))
                for key in keys { try await client.waitUntilServed(key) }
            }
            #expect(try await refusal(cluster.url) == .tlsFailed)
        }
    }
}
