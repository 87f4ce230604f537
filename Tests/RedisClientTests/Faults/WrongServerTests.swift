import RESP
import RedisServers
import Synchronization
import Testing

@testable import RedisClient

@Suite("A server that is wrong", .timeLimit(.minutes(1)))
struct WrongServerTests {
    /// Runs a scripted server that echoes rightly for some requests, and then does something else.
    private func wrong(
        after count: Int, limits: ReplyLimits = ReplyLimits(),
        _ answer: @escaping ScriptedServer.Script,
        _ body: (ScriptedServer, RedisClient) async throws -> Void
    ) async throws {
        let script = ScriptedServer.answeringHandshake { request in
            request.number <= count ? .bulk(request.words[1]) : answer(request)
        }
        try await ScriptedServer.with(script) { server in
            try await withClient(
                "redis://127.0.0.1:\(server.port)",
                {
                    $0.connectionCount = 1
                    $0.commandTimeout = .milliseconds(300)
                    $0.replyLimits = limits
                }
            ) { client in try await body(server, client) }
        }
    }

    private func echo(_ client: RedisClient, _ text: String) async throws(RedisError) -> String? {
        try await client.execute(RedisCommand("ECHO", text)).string
    }

    /// Asks until there is an error, and returns it. Until then every answer has to be the right one.
    private func firstError(_ client: RedisClient) async throws -> RedisError {
        for number in 0..<100 {
            do {
                let answer = try await echo(client, "\(number)")
                #expect(answer == "\(number)")
            } catch {
                return error
            }
        }
        throw Unexpected.success
    }

    private static let samples = [
        "HTTP/1.1 400 Bad Request\r\n\r\n", "\0\0\0\0", "$-2\r\n", "*-2\r\n", "$3\r\nabcde\r\n", ":abc\r\n",
        "%1\r\n+a\r\n",
        "$99999999999999999999\r\n", "*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n:1\r\n",
    ]

    @Test("answers garbage: the connection is closed, and nobody gets an answer of it", arguments: samples)
    func garbage(_ bytes: String) async throws {
        try await wrong(after: 10) { _ in
            .text(bytes)
        } _: { server, client async throws in
            #expect(try await echo(client, "a") == "a")
            let error = try await firstError(client)
            #expect(error.code == .protocolViolation && error.mayHaveBeenExecuted)
            try await eventually("there is a new connection") { server.connectionCount > 1 }
            try await client.waitUntilIdle()
        }
    }

    @Test("answers more than the client keeps in memory: it is given up before it has all come")
    func tooLarge() async throws {
        try await wrong(after: 3, limits: ReplyLimits(bulkString: 1000)) { _ in
            .text("$1000000\r\n" + String(repeating: "x", count: 2000))
        } _: { server, client async throws in
            let error = try await firstError(client)
            #expect(error.code == .protocolViolation && error.message.contains("resp_too_large"))
            try await eventually("there is a new connection") { server.connectionCount > 1 }
        }
    }

    @Test(
        "stops in the middle of a reply, and is silent or closes: the caller is told in time, and there is a new connection",
        arguments: [
            (ScriptedServer.Answer.text("$5\r\nhel"), [RedisError.Code.timeout, .connectionLost]),
            (.last("*3\r\n$1\r\na\r\n$5\r\nhel"), [.connectionLost, .unavailable]),
        ])
    func stops(_ answer: ScriptedServer.Answer, _ codes: [RedisError.Code]) async throws {
        try await wrong(after: 3) { _ in
            answer
        } _: { server, client async throws in
            let start = ContinuousClock.now
            #expect(codes.contains(try await firstError(client).code))
            #expect(ContinuousClock.now - start < .seconds(5))
            try await eventually("there is a new connection") { server.connectionCount > 1 }
            try await client.waitUntilIdle()
        }
    }

    @Test("says what nobody asked for: the connection is closed before anybody gets it")
    func unsolicited() async throws {
        try await wrong(after: 1_000_000) { _ in
            .silence
        } _: { server, client async throws in
            #expect(try await echo(client, "a") == "a")
            try await server.send("+surprise\r\n")
            try await eventually("there is a new connection") { server.connectionCount > 1 }
            try await eventually("it serves") { (try? await echo(client, "b")) == "b" }
            try await client.waitUntilIdle()
        }
    }

    @Test("shifts its replies by one: the load of these tests notices")
    func checker() async throws {
        let last = LastWord()
        let script = ScriptedServer.answeringHandshake { request in .bulk(last.exchange(request.words[1])) }
        try await ScriptedServer.with(script) { server in
            try await withClient("redis://127.0.0.1:\(server.port)") { client in
                let load = Load(questions: [.echo])
                let tally = try await load.run(on: client) {
                    try await eventually("some are answered") {
                        _ = try await client.execute(RedisCommand("ECHO", "x"))
                        return server.connectionCount > 0 && last.count > 200
                    }
                }
                #expect(!tally.wrong.isEmpty)
            }
        }
    }

    @Test("does what it says it refuses: the load of these tests notices")
    func liar() async throws {
        let values = Mutex<[String: String]>([:])
        let script = ScriptedServer.answeringHandshake { request in
            let before = values.withLock { $0.updateValue(request.words[2], forKey: request.words[1]) }
            if request.number % 50 == 0 { return .text("-ERR no\r\n") }
            return before.map { .bulk($0) } ?? .text("$-1\r\n")
        }
        try await ScriptedServer.with(script) { server in
            try await withClient("redis://127.0.0.1:\(server.port)") { client in
                let tally = try await Load(questions: [.write]).run(on: client) {
                    for number in 0..<200 {
                        _ = try? await client.execute(RedisCommand("SET", "other", number))
                    }
                }
                #expect(!tally.wrong.isEmpty)
            }
        }
    }
}
