import Testing

@testable import RedisServers

@Suite("What stands between a client and a server")
struct NetworkTests {
    private static func ask(_ port: Int, _ words: [String], within limit: Duration = .seconds(5)) async throws -> String
    {
        try await ChildProcess.run(["redis-cli", "-e", "-p", String(port)] + words, within: limit)
    }

    @Test("a proxy passes on, holds, lets go, cuts in the middle, and refuses")
    func proxy() async throws {
        let server = try await SharedServers.standalone.value
        try await TCPProxy.with(to: server.port) { proxy async throws in
            #expect(try await Self.ask(proxy.port, ["ECHO", "one"]) == "one")
            proxy.hold(.down)
            let asking = try ChildProcess(["redis-cli", "-p", String(proxy.port), "ECHO", "two"])
            #expect(await asking.exit.happens(within: .milliseconds(200)) == false)
            proxy.release(.down)
            #expect(await asking.log.end.happens(within: .seconds(5)))
            #expect(asking.log.lines == ["two"])
            proxy.cut(after: 6, .down)
            await #expect(throws: RedisServersError.self) { try await Self.ask(proxy.port, ["ECHO", "three"]) }
            #expect(try await Self.ask(proxy.port, ["ECHO", "four"]) == "four")
            try await proxy.refuse()
            await #expect(throws: RedisServersError.self) { try await Self.ask(proxy.port, ["ECHO", "five"]) }
            proxy.accept()
            proxy.delay(.up, by: .milliseconds(50))
            let start = ContinuousClock.now
            #expect(try await Self.ask(proxy.port, ["ECHO", "six"]) == "six")
            #expect(ContinuousClock.now - start >= .milliseconds(50))
        }
    }

    @Test("a scripted server answers what it is told to")
    func script() async throws {
        let script: ScriptedServer.Script = { request in
            switch request.name {
            case "ECHO": .bulk(request.words[1] + "!")
            default: .last("$100\r\nno")
            }
        }
        try await ScriptedServer.with(ScriptedServer.answeringHandshake(script)) { server async throws in
            #expect(try await Self.ask(server.port, ["PING"]) == "PONG")
            #expect(try await Self.ask(server.port, ["ECHO", "a"]) == "a!")
            await #expect(throws: RedisServersError.self) { try await Self.ask(server.port, ["GET", "a"]) }
            #expect(server.connectionCount == 3)
        }
    }
}
