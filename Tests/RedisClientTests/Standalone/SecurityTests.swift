import RESP
import RedisServers
import Testing

@testable import RedisClient

@Suite("Users, TLS and sockets")
struct SecurityTests {
    private func ping(_ configuration: RedisConfiguration) async throws -> RedisError? {
        try await RedisClient.with(configuration) { client async in
            await failure { () async throws(RedisError) in
                try await client.execute(RedisCommand("PING"), timeout: .seconds(10))
            }
        }
    }

    @Test("a user of the access control list, a database and a name are used from the first command on")
    func user() async throws {
        var options = RedisServerOptions()
        options.users = [.init("worker", password: "p%w+:@/", rules: "~* &* +@all")]
        try await RedisServer.with(options) { server async throws in
            let url = "redis://worker:p%25w+%3A%40%2F@127.0.0.1:\(server.port)/3?client_name=tests"
            try await RedisClient.with(RedisConfiguration(url: url)) { client async throws in
                #expect(try await client.execute(RedisCommand("ACL", "WHOAMI")).string == "worker")
                #expect(try await client.execute(RedisCommand("CLIENT", "GETNAME")).string == "tests")
                let information = try await client.execute(RedisCommand("CLIENT", "INFO")).string
                #expect(information?.contains(" db=3 ") == true)
            }
        }
    }

    @Test("a user is used with the servers that Sentinels name, and with those of a cluster")
    func deployments() async throws {
        var options = RedisServerOptions()
        options.password = "of-the-default-user"
        options.users = [.init("worker", password: "secret", rules: "~* &* +@all")]
        let sentinels = try await RedisSentinels.with(options) { try await whoIs($0.url) }
        let cluster = try await RedisCluster.with(options) { try await whoIs($0.url) }
        #expect(sentinels == "worker" && cluster == "worker")
    }

    private func whoIs(_ url: String) async throws -> String? {
        try await RedisClient.with(RedisConfiguration(url: url)) { client async throws in
            try await client.execute(RedisCommand("ACL", "WHOAMI"), key: "a", timeout: .seconds(10)).string
        }
    }

    @Test(
        "a wrong password, a missing one, and a user who may not: each fails with its code",
        arguments: [
            "redis://worker:wrong@", "redis://", "redis://nobody:secret@", "redis://:wrong@",
        ])
    func authentication(_ start: String) async throws {
        var options = RedisServerOptions()
        options.password = "of-the-default-user"
        options.users = [.init("worker", password: "secret")]
        try await RedisServer.with(options) { server async throws in
            let error = try await ping(RedisConfiguration(url: "\(start)127.0.0.1:\(server.port)"))
            #expect(error?.code == .authenticationFailed && error?.mayHaveBeenExecuted == false)
            #expect(error.map { "\($0)".contains("secret") || "\($0)".contains("wrong") } == false)
        }
    }

    @Test("a user with few permissions gets a connection, and an error for what it may not do")
    func permissions() async throws {
        var options = RedisServerOptions()
        options.users = [.init("reader", password: "secret", rules: "~* +get")]
        try await RedisServer.with(options) { server async throws in
            try await RedisClient.with(server, { $0.clientName = "reader" }) { client async throws in
                #expect(try await client.execute(RedisCommand("GET", "k")).isNull)
                let error = await failure { () async throws(RedisError) in
                    try await client.execute(RedisCommand("SET", "k", "v"))
                }
                #expect(error?.code == .server && error?.serverError?.kind == "NOPERM")
            }
        }
    }

    @Test("a user who may not begin a transaction is told that its commands may have been executed")
    func transaction() async throws {
        var options = RedisServerOptions()
        options.users = [.init("single", password: "secret", rules: "~* &* +@all -multi")]
        try await RedisServer.with(options) { server async throws in
            let url = "redis://single:secret@127.0.0.1:\(server.port)"
            try await RedisClient.with(RedisConfiguration(url: url)) { client async throws in
                let error = await failure { () async throws(RedisError) in
                    try await client.transaction([RedisCommand("INCR", "k")])
                }
                #expect(error?.code == .server && error?.mayHaveBeenExecuted == true)
                #expect(error?.serverError?.kind == "NOPERM")
                // The server did execute it, once.
                #expect(try await client.execute(RedisCommand("GET", "k")).string == "1")
            }
        }
    }

    @Test("a user who may not PING keeps a quiet subscription")
    func quietSubscription() async throws {
        var options = RedisServerOptions()
        options.users = [.init("mute", password: "secret", rules: "~* &* +@all -ping")]
        try await RedisServer.with(options) { server async throws in
            var configuration = try RedisConfiguration(url: "redis://mute:secret@127.0.0.1:\(server.port)")
            configuration.keepAliveInterval = .milliseconds(20)
            try await RedisClient.with(configuration) { client async throws in
                try await client.withSubscription(to: ["a"]) { subscription async throws in
                    var events = subscription.makeAsyncIterator()
                    #expect(try await events.next() == .subscribed("a"))
                    try await eventually("it was asked for signs of life") {
                        let statistics = try await server.information("cmdstat_ping") ?? ""
                        let refused = statistics.firstMatch(of: /rejected_calls=([0-9]+)/).flatMap { Int($0.1) }
                        return refused ?? 0 > 10
                    }
                    try await server.command("PUBLISH", "a", "b")
                    #expect(try await events.next() == .message(channel: "a", payload: Array("b".utf8)))
                }
            }
        }
    }

    @Test("a Unix socket is a way like another")
    func unixSocket() async throws {
        let server = try await SharedServers.standalone.value
        #expect(try await ping(RedisConfiguration(url: "unix://\(server.socketPath)?database=2")) == nil)
    }

    private func secure(_ server: RedisServer, _ more: String = "", host: String = "127.0.0.1") throws
        -> RedisConfiguration
    {
        let authority = try Certificates.shared.get().authority
        return try RedisConfiguration(url: "rediss://\(host):\(server.port)?tls_ca=\(authority)\(more)")
    }

    @Test("a server's certificate is checked: authority, time, and name, for an address and for a host")
    func certificates() async throws {
        for certificate in Certificates.Server.allCases {
            var options = RedisServerOptions()
            options.certificate = certificate
            try await RedisServer.with(options) { server async throws in
                for host in ["127.0.0.1", "localhost"] {
                    let error = try await ping(secure(server, host: host))
                    #expect(error?.code == (certificate == .valid ? nil : .tlsFailed), "\(certificate) \(host)")
                }
                // The system trusts no authority of a test.
                let error = try await ping(RedisConfiguration(url: "rediss://127.0.0.1:\(server.port)"))
                #expect(error?.code == .tlsFailed)
                if certificate == .wrongHost {
                    #expect(try await ping(secure(server, "&tls_server_name=redis.example")) == nil)
                    #expect(try await ping(secure(server, "&tls_check_name=false")) == nil)
                }
            }
        }
    }

    @Test("a server that demands a certificate of the client gets it, and one without is refused")
    func clientCertificate() async throws {
        var options = RedisServerOptions()
        options.certificate = .valid
        options.demandsClientCertificate = true
        try await RedisServer.with(options) { server async throws in
            let files = try Certificates.shared.get()
            #expect(try await ping(secure(server, "&tls_cert=\(files.client)&tls_key=\(files.clientKey)")) == nil)
            let error = try await ping(secure(server))
            #expect(error.map { [.tlsFailed, .unavailable].contains($0.code) } == true)
        }
    }

    @Test("subscriptions are secure too")
    func subscription() async throws {
        var options = RedisServerOptions()
        options.certificate = .valid
        options.password = "secret"
        try await RedisServer.with(options) { server async throws in
            var configuration = try secure(server)
            configuration.credentials = RedisCredentials(password: "secret")
            try await RedisClient.with(configuration) { client async throws in
                try await client.withSubscription(to: ["a"]) { subscription async throws in
                    var events = subscription.makeAsyncIterator()
                    #expect(try await events.next() == .subscribed("a"))
                }
            }
        }
    }

    @Test("files that are not there are told when connecting, not by a crash")
    func missingFiles() async throws {
        let configuration = try RedisConfiguration(url: "rediss://127.0.0.1:1?tls_ca=/nonexistent.pem")
        #expect(try await ping(configuration)?.code == .tlsFailed)
    }
}
