import RESP
import RedisServers
import Testing

@testable import RedisClient

@Suite("Commands that a shared connection does not take")
struct RedisCommandRulesTests {
    private static let refused = [
        "MULTI", "EXEC", "DISCARD", "WATCH", "UNWATCH", "SUBSCRIBE", "PSUBSCRIBE", "SSUBSCRIBE", "UNSUBSCRIBE",
        "PUNSUBSCRIBE", "SUNSUBSCRIBE", "MONITOR", "SYNC", "PSYNC", "REPLCONF", "SELECT", "RESET", "HELLO", "AUTH",
        "READONLY", "READWRITE", "ASKING", "QUIT",
    ]

    @Test("are known by name, in capitals or not", arguments: refused)
    func names(_ name: String) {
        for name in [name, name.lowercased(), name.prefix(1) + name.dropFirst().lowercased()] {
            let error = RedisCommand(name, "x").refusal
            #expect(error?.code == .commandNotAllowed && error?.mayHaveBeenExecuted == false)
            #expect(RedisCommand(name).refusal != nil)
        }
    }

    @Test(
        "are known by their first argument",
        arguments: [
            ("CLIENT", "REPLY"), ("client", "reply"), ("CLIENT", "Tracking"), ("CLIENT", "CACHING"),
            ("CLIENT", "SETNAME"), ("CLIENT", "NO-EVICT"), ("CLIENT", "NO-TOUCH"), ("SCRIPT", "debug"),
        ])
    func subcommands(_ name: String, _ argument: String) {
        #expect(RedisCommand(name, argument, "OFF").refusal?.code == .commandNotAllowed)
        #expect(RedisCommand(name, argument).refusal != nil)
    }

    @Test("are no others")
    func allowed() {
        let commands = [
            RedisCommand("GET", "MULTI"), RedisCommand("SET", "k", "EXEC"), RedisCommand("CLIENT", "LIST"),
            RedisCommand("CLIENT", "GETNAME"), RedisCommand("CLIENT"), RedisCommand("SCRIPT", "LOAD", "return 1"),
            RedisCommand("PUBLISH", "a", "b"), RedisCommand("PUBSUB", "CHANNELS"), RedisCommand("PING"),
            RedisCommand("", "x"), RedisCommand("ECHO", "REPLY"), RedisCommand("WAIT", 0, 1),
        ]
        for command in commands { #expect(command.refusal == nil, "\(command)") }
    }

    @Test("are refused by every call before anything is written")
    func calls() async throws {
        try await RedisClient.with(SharedServers.standalone.value, { $0.connectionCount = 1 }) { client async throws in
            let key = ownKey()
            let (select, set) = (RedisCommand("select", 1), RedisCommand("SET", key, "x"))
            let primary = try await client.primary(for: key)
            let failures = [
                await failure { () async throws(RedisError) in try await client.execute(select) },
                await failure { () async throws(RedisError) in try await client.execute(select, on: primary) },
                await failure { () async throws(RedisError) in try await client.execute(batch: [set, select]) },
                await failure { () async throws(RedisError) in
                    try await client.transaction([set, RedisCommand("DISCARD")])
                },
            ]
            for error in failures { #expect(error?.code == .commandNotAllowed && error?.mayHaveBeenExecuted == false) }
            #expect(try await client.execute(RedisCommand("GET", key)).isNull)
            #expect(try await client.execute(RedisCommand("CLIENT", "INFO")).string?.contains(" db=0 ") == true)
        }
    }

    @Test(
        "Commands that may fail halfway are known by name",
        arguments: [
            ("EVAL", true), ("evalsha", true), ("FCALL", true), ("Migrate", true), ("GET", false), ("EVAL_RO", false),
        ])
    func halfway(_ name: String, _ expected: Bool) {
        #expect(RedisCommand(name, "x").mayFailHalfway == expected)
    }
}
