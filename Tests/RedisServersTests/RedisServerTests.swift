import Foundation
import Testing

@testable import RedisServers

@Suite("A server that a test starts")
struct RedisServerTests {
    @Test("answers, loses everything when it is killed, and answers again on its port")
    func killAndRestart() async throws {
        try await RedisServer.with { server async throws in
            try await server.command("SET", "a", "1")
            try await server.restart()
            #expect(try await server.command("DBSIZE") == "0")
        }
    }

    @Test("that persists keeps its writes over a kill, and can be restarted empty")
    func persistence() async throws {
        var options = RedisServerOptions()
        options.persistence = .everyWrite
        try await RedisServer.with(options) { server async throws in
            try await server.command("SET", "a", "1")
            try await server.kill()
            #expect(!server.isRunning)
            try await server.restart()
            #expect(try await server.command("GET", "a") == "1")
            try await server.restartEmpty()
            #expect(try await server.command("DBSIZE") == "0")
        }
    }

    @Test("is gone after the call that it was started for, also when that fails")
    func endAfterFailure() async throws {
        var process: Int32 = 0
        var folder = ""
        await #expect(throws: RedisServersError.self) {
            try await RedisServer.with { server async throws in
                (process, folder) = (server.processID, server.folder)
                throw RedisServersError("of the test")
            }
        }
        #expect(kill(process, 0) == -1)
        #expect(!FileManager.default.fileExists(atPath: folder))
    }

    @Test("ends with the process of the test, even one that is stopped")
    func watchdog() async throws {
        let child = try ChildProcess(["sleep", "1000"])
        child.signal(SIGSTOP)
        let folder = try Watchdog.shared.get().folder + "/watched"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        _ = try await ChildProcess.run(
            ["sh", "-c", Watchdog.script, folder], input: "+ 999999\n+ \(child.id)\n- 999999\n")
        #expect(await child.exit.happens(within: .seconds(5)))
        #expect(!FileManager.default.fileExists(atPath: folder))
    }

    @Test("does not answer while it is paused")
    func pause() async throws {
        try await RedisServer.with { server async throws in
            server.pause()
            let question = ["redis-cli", "-p", String(server.port), "PING"]
            await #expect(throws: RedisServersError.self) {
                _ = try await ChildProcess.run(question, within: .milliseconds(200))
            }
            server.resume()
            #expect(try await ChildProcess.run(question) == "PONG")
        }
    }

    @Test("asks for a password, and knows the users of its options")
    func users() async throws {
        var options = RedisServerOptions()
        options.password = "secret"
        options.users = [.init("app", password: "app-secret")]
        try await RedisServer.with(options) { server async throws in
            #expect(server.url == "redis://app:app-secret@127.0.0.1:\(server.port)/0")
            let words = ["redis-cli", "-p", String(server.port), "-e"]
            await #expect(throws: RedisServersError.self) { try await ChildProcess.run(words + ["PING"]) }
            let user = ["--user", "app", "--pass", "app-secret", "--no-auth-warning"]
            #expect(try await ChildProcess.run(words + user + ["PING"]) == "PONG")
            await #expect(throws: RedisServersError.self) { try await ChildProcess.run(words + user + ["FLUSHALL"]) }
        }
    }

    @Test("speaks TLS with a certificate of the kind that was asked for", arguments: Certificates.Server.allCases)
    func certificates(_ certificate: Certificates.Server) async throws {
        var options = RedisServerOptions()
        options.certificate = certificate
        options.demandsClientCertificate = true
        try await RedisServer.with(options) { server async throws in
            let files = try Certificates.shared.get()
            let words = [
                "openssl", "s_client", "-connect", "127.0.0.1:\(server.port)", "-CAfile", files.authority, "-cert",
                files.client, "-key", files.clientKey, "-verify_ip", "127.0.0.1", "-quiet", "-verify_return_error",
                "-ign_eof",
            ]
            let answer = try? await ChildProcess.run(words, input: "PING\r\nQUIT\r\n")
            #expect((answer?.contains("+PONG") == true) == (certificate == .valid))
        }
    }

    @Test("can be cut off from its primary, and follow it again")
    func replication() async throws {
        try await RedisServer.with { primary async throws in
            var options = RedisServerOptions()
            options.replicaOf = primary.port
            try await RedisServer.with(options) { replica async throws in
                try await replica.waitUntilInSync()
                try await replica.cutReplication()
                try await primary.command("SET", "a", "1")
                #expect(try await replica.command("DBSIZE") == "0")
                try await replica.restoreReplication()
                #expect(try await replica.command("GET", "a") == "1")
            }
        }
    }
}
