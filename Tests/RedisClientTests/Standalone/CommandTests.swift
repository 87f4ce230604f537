import RESP
import RedisServers
import Testing

@testable import RedisClient

@Suite("Commands on one server")
struct CommandTests {
    @Test("a command gives its reply, whatever bytes it carries")
    func bytes() async throws {
        try await RedisClient.with(SharedServers.standalone.value) { client async throws in
            let key = ownKey()
            let value = (0...255).map { UInt8($0) } + [13, 10, 0]
            #expect(try await client.execute(RedisCommand("SET", key, value)) == .status("OK"))
            #expect(try await client.execute(RedisCommand("GET", key)).bytes == value)
            #expect(try await client.execute(RedisCommand("GET", ownKey())).isNull)
            #expect(try await client.execute(RedisCommand("INCRBY", ownKey(), 41)).int == 41)
        }
    }

    @Test("a server's error is thrown, with its kind and not its text")
    func serverError() async throws {
        try await RedisClient.with(SharedServers.standalone.value) { client async throws in
            let key = ownKey()
            _ = try await client.execute(RedisCommand("SET", key, "secret"))
            let error = await failure { () async throws(RedisError) in
                try await client.execute(RedisCommand("LPUSH", key, "x"))
            }
            #expect(error?.code == .server && error?.serverError?.kind == "WRONGTYPE")
            #expect(error?.mayHaveBeenExecuted == false)
            #expect("\(error.map { "\($0)" } ?? "")".contains("WRONGTYPE"))
        }
    }

    @Test("a thousand tasks at once each get their own answer", arguments: [1, 2, 4])
    func concurrency(_ connections: Int) async throws {
        let server = try await SharedServers.standalone.value
        try await RedisClient.with(server, { $0.connectionCount = connections }) { client async throws in
            try await withThrowingTaskGroup(of: Bool.self) { group in
                for number in 0..<1000 {
                    group.addTask {
                        let text = "\(number) \(String(repeating: "x", count: number % 300))"
                        return try await client.execute(RedisCommand("ECHO", text)).string == text
                    }
                }
                for try await isOwn in group { #expect(isOwn) }
            }
        }
    }

    @Test("a batch gives all answers in order, errors among them")
    func batch() async throws {
        try await RedisClient.with(SharedServers.standalone.value) { client async throws in
            let key = ownKey()
            let replies = try await client.execute(batch: [
                RedisCommand("SET", key, "1"), RedisCommand("LPUSH", key, "x"), RedisCommand("INCR", key),
            ])
            #expect(replies.count == 3 && replies[0] == .status("OK") && replies[2] == .integer(2))
            #expect(replies[1].error?.kind == "WRONGTYPE")
            #expect(try await client.execute(batch: []).isEmpty)
        }
    }

    @Test("a transaction is executed whole or not at all")
    func transaction() async throws {
        try await RedisClient.with(SharedServers.standalone.value) { client async throws in
            let key = ownKey()
            let answers = try await client.transaction([RedisCommand("SET", key, "1"), RedisCommand("INCR", key)])
            #expect(answers == [.status("OK"), .integer(2)])
            let error = await failure { () async throws(RedisError) in
                try await client.transaction([RedisCommand("SET", key, "9"), RedisCommand("NOSUCHCOMMAND")])
            }
            #expect(error?.code == .transactionDiscarded && error?.mayHaveBeenExecuted == false)
            #expect(error?.serverError?.kind == "ERR")
            #expect(try await client.execute(RedisCommand("GET", key)).string == "2")
        }
    }

    @Test("a script is sent whole once, again when the server has forgotten it, and by its hash otherwise")
    func scripts() async throws {
        try await RedisServer.with { server async throws in
            try await RedisClient.with(server) { client async throws in
                let script = RedisScript(name: "both", source: "return {KEYS[1], ARGV[1], #ARGV}")
                for _ in 0..<3 {
                    let reply = try await client.evaluate(script, keys: ["k"], arguments: ["a", 2])
                    #expect(reply.array?.map(\.string) == ["k", "a", nil])
                }
                #expect(try await server.information("cmdstat_eval")?.hasPrefix("calls=1,") == true)
                try await server.command("SCRIPT", "FLUSH")
                #expect(try await client.evaluate(script, keys: ["k"], arguments: ["b"]).array?.count == 3)
                #expect(try await server.information("cmdstat_eval")?.hasPrefix("calls=2,") == true)
                let loaded = try await client.execute(RedisCommand("SCRIPT", "LOAD", script.source))
                #expect(loaded.string == script.sha1)
            }
        }
    }

    @Test("an error of a script says that it may have written, one before it says that it has not")
    func scriptErrors() async throws {
        try await RedisClient.with(SharedServers.standalone.value) { client async throws in
            let script = RedisScript(
                name: "half", source: "redis.call('SET', KEYS[1], 1) return redis.call('LPUSH', KEYS[1], 1)")
            let error = await failure { () async throws(RedisError) in
                try await client.evaluate(script, keys: [ownKey()])
            }
            #expect(error?.code == .server && error?.mayHaveBeenExecuted == true)
            let command = RedisCommand("eval", script.source, 1, ownKey())
            let primary = try await client.primary(for: "k")
            for error in [
                await failure { () async throws(RedisError) in try await client.execute(command) },
                await failure { () async throws(RedisError) in try await client.execute(command, on: primary) },
            ] { #expect(error?.code == .server && error?.mayHaveBeenExecuted == true) }
            let unknown = await failure { () async throws(RedisError) in
                try await client.execute(RedisCommand("EVALSHA", String(repeating: "0", count: 40), 0))
            }
            #expect(unknown?.serverError?.kind == "NOSCRIPT" && unknown?.mayHaveBeenExecuted == false)
        }
    }

    @Test("the primary is the server, and a pinned command goes to it while it is the same")
    func primaries() async throws {
        try await RedisServer.with { server async throws in
            try await RedisClient.with(server) { client async throws in
                let primary = try await client.primary(for: "k")
                #expect(try await client.primaries() == [primary])
                #expect(primary.replicationID == (try await server.information("master_replid")))
                #expect(try await client.execute(RedisCommand("PING"), on: primary).string == "PONG")
                try await server.restart()
                try await eventually("another primary") { try await client.primary(for: "k") != primary }
                let error = await failure { () async throws(RedisError) in
                    try await client.execute(RedisCommand("PING"), on: primary)
                }
                #expect(error?.code == .notPrimary)
            }
        }
    }

    @Test("changes of the primary are told")
    func changes() async throws {
        try await RedisServer.with { server async throws in
            try await RedisClient.with(server) { client async throws in
                var changes = client.topologyChanges.makeAsyncIterator()
                let first = await changes.next()
                try await server.restart()
                let second = await changes.next()
                #expect(first?.count == 1 && second?.count == 1 && first != second)
            }
        }
    }
}
