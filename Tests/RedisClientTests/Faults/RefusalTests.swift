import RESP
import RedisServers
import Synchronization
import Testing

@testable import RedisClient

@Suite("A server that does not let in", .timeLimit(.minutes(1)))
struct RefusalTests {
    /// The error of a command, which certainly was not executed, and comes long before its deadline.
    private func refusal(
        _ url: String, _ change: (inout RedisConfiguration) -> Void = { _ in }
    ) async throws -> RedisError {
        try await withClient(url, change) { client in
            let start = ContinuousClock.now
            let error = try #require(
                await failure { () async throws(RedisError) in
                    try await client.execute(RedisCommand("PING"), timeout: .seconds(20))
                })
            #expect(ContinuousClock.now - start < .seconds(10))
            #expect(!error.mayHaveBeenExecuted)
            return error
        }
    }

    @Test("for a wrong password, an unknown user, or none at all; the secret is not in the error")
    func passwords() async throws {
        var options = RedisServerOptions()
        options.password = "the-right-one"
        options.users = [.init("app", password: "app-secret")]
        try await RedisServer.with(options) { server async throws in
            let place = "127.0.0.1:\(server.port)"
            for user in [":hunter2@", "app:hunter2@", "nobody:hunter2@", ""] {
                let error = try await refusal("redis://\(user)\(place)")
                #expect(error.code == .authenticationFailed)
                var dumped = ""
                dump(error, to: &dumped)
                #expect(!error.description.contains("hunter2") && !dumped.contains("hunter2"))
            }
            for user in [":the-right-one@", "app:app-secret@"] {
                try await withClient("redis://\(user)\(place)") { try await $0.waitUntilServed() }
            }
        }
    }

    @Test("because its certificate is not one to trust", arguments: Certificates.Server.allCases)
    func certificates(_ certificate: Certificates.Server) async throws {
        var options = RedisServerOptions()
        options.certificate = certificate
        let authority = try Certificates.shared.get().authority
        try await RedisServer.with(options) { server async throws in
            let url = "\(server.url)?tls_ca=\(authority)"
            if certificate == .valid {
                try await withClient(url) { try await $0.waitUntilServed() }
                let local = "rediss://localhost:\(server.port)?tls_ca=\(authority)"
                try await withClient(local) { try await $0.waitUntilServed() }
                #expect(try await refusal(server.url).code == .tlsFailed)
            } else {
                #expect(try await refusal(url).code == .tlsFailed)
            }
        }
    }

    @Test("without a client's certificate")
    func clientCertificate() async throws {
        var options = RedisServerOptions()
        options.certificate = .valid
        options.demandsClientCertificate = true
        let files = try Certificates.shared.get()
        try await RedisServer.with(options) { server async throws in
            let url = "\(server.url)?tls_ca=\(files.authority)"
            // TLS 1.3 lets the server say no only after the client's side of the handshake is over.
            #expect([.tlsFailed, .connectionLost, .unavailable].contains(try await refusal(url).code))
            try await withClient("\(url)&tls_cert=\(files.client)&tls_key=\(files.clientKey)") {
                try await $0.waitUntilServed()
            }
        }
    }

    @Test("that speaks no TLS, to a client that does; and the other way round")
    func plainText() async throws {
        let server = try await SharedServers.standalone.value
        #expect(
            try await refusal("rediss://127.0.0.1:\(server.port)", { $0.connectTimeout = .milliseconds(500) }).code
                != .server)
        var options = RedisServerOptions()
        options.certificate = .valid
        try await RedisServer.with(options) { server async throws in
            let url = "redis://127.0.0.1:\(server.port)"
            #expect(try await refusal(url, { $0.connectTimeout = .milliseconds(500) }).code != .server)
        }
    }

    @Test("because it has its maximum of clients; and lets in when there is room")
    func maximumClients() async throws {
        var options = RedisServerOptions()
        options.maximumClients = 8
        try await RedisServer.with(options) { server async throws in
            try await withClient(server.url, { $0.connectionCount = 8 }) { first in
                try await eventually("all places are taken") {
                    _ = try await first.execute(RedisCommand("PING"))
                    return try await first.execute(RedisCommand("CLIENT", "LIST")).string?.split(separator: "\n").count
                        == 8
                }
                let error = try await refusal(server.url)
                #expect(error.code == .unavailable)
                #expect(error.message.contains("maximum of clients") && error.serverError?.kind == "ERR")
            }
            try await withClient(server.url) { try await $0.waitUntilServed() }
        }
    }

    @Test("because it reads its data in: commands fail at once, until it has them")
    func loading() async throws {
        let isLoaded = Atomic(false)
        let served = ScriptedServer.answeringHandshake { .bulk($0.words[1]) }
        try await ScriptedServer.with { request in
            let isReady = isLoaded.load(ordering: .relaxed)
            return request.name == "PING" && !isReady ? .text("-LOADING Redis is loading\r\n") : served(request)
        } _: { server in
            try await withClient("redis://127.0.0.1:\(server.port)") { client in
                let error = await failure { () async throws(RedisError) in
                    try await client.execute(RedisCommand("ECHO", "a"), timeout: .seconds(20))
                }
                #expect(error?.code == .unavailable && error?.serverError?.kind == "LOADING")
                isLoaded.store(true, ordering: .relaxed)
                try await eventually("it serves") {
                    (try? await client.execute(RedisCommand("ECHO", "a")).string) == "a"
                }
            }
        }
    }

    @Test("because it takes the connection and says nothing")
    func silence() async throws {
        try await ScriptedServer.with { _ in
            .silence
        } _: { server async throws in
            let url = "redis://127.0.0.1:\(server.port)"
            #expect(try await refusal(url, { $0.connectTimeout = .milliseconds(100) }).code == .unavailable)
        }
    }

    /// The waits before the second to the fifth attempt are at least half of 100, 200, 400 and 800 ms.
    @Test("is asked again after a wait that grows, also where it takes connections and drops them")
    func backoff() async throws {
        try await ScriptedServer.with { _ in
            .last("")
        } _: { server in
            let start = ContinuousClock.now
            let change: (inout RedisConfiguration) -> Void = {
                $0.connectionCount = 1
                $0.backoff = Backoff(shortest: .milliseconds(100), longest: .seconds(2))
            }
            try await withClient("redis://127.0.0.1:\(server.port)", change) { _ in
                try await eventually("there were five attempts") { server.connectionCount >= 5 }
                #expect(ContinuousClock.now - start >= .milliseconds(750))
            }
        }
    }
}
