import RESP
import Testing

@testable import RedisClient

@Suite("URLs and settings of the Redis client")
struct ConfigurationTests {
    @Test("the forms of a URL name the servers that they say")
    func forms() throws {
        func deployment(_ url: String) throws -> RedisConfiguration.Deployment {
            try RedisConfiguration(url: url).deployment
        }
        #expect(try deployment("redis://redis.example") == .standalone(.host("redis.example", port: 6379)))
        #expect(try deployment("rediss://[::1]:7000/2") == .standalone(.host("::1", port: 7000)))
        #expect(try deployment("unix:///run/my%20redis.sock") == .standalone(.unixSocket("/run/my redis.sock")))
        #expect(
            try deployment("redis+sentinel://a,b:5,c:6/main/4")
                == .sentinel(
                    sentinels: [.host("a", port: 26379), .host("b", port: 5), .host("c", port: 6)], primaryName: "main")
        )
        #expect(
            try deployment("redis+cluster://a:1,[::2]:3")
                == .cluster(seeds: [.host("a", port: 1), .host("::2", port: 3)]))
    }

    @Test("credentials, database and settings are read, and percent-encoding is undone")
    func details() throws {
        let url =
            "rediss+sentinel://us%65r:p%40ss%3A@a/main/4?client_name=n&connections=5&command_timeout=250ms"
            + "&connect_timeout=3s&queue_limit=7&sentinel_user=su&sentinel_password=sp&tls_ca=/ca.pem"
            + "&tls_cert=/c.pem&tls_key=/k.pem&tls_server_name=x.example&tls_check_name=false"
        let configuration = try RedisConfiguration(url: url)
        #expect(configuration.credentials == RedisCredentials(user: "user", password: "p@ss:"))
        #expect(configuration.sentinelCredentials == RedisCredentials(user: "su", password: "sp"))
        #expect(configuration.database == 4 && configuration.clientName == "n" && configuration.connectionCount == 5)
        #expect(configuration.commandTimeout == .milliseconds(250) && configuration.connectTimeout == .seconds(3))
        #expect(configuration.queueLimit == 7)
        #expect(
            configuration.tls
                == RedisTLS(
                    roots: .file("/ca.pem"), clientCertificate: .init(certificateChain: "/c.pem", privateKey: "/k.pem"),
                    serverName: "x.example", checksServerName: false))
        #expect(try RedisConfiguration(url: "redis://:secret@a").credentials == RedisCredentials(password: "secret"))
    }

    @Test(
        "a URL that is not understood is refused, and not quoted",
        arguments: [
            "", "secret", "http://secret", "redis://", "redis://secret@a", "redis://u:secret%@a",
            "redis://u:secret%zz@a",
            "redis://a:secret", "redis://a:0", "redis://a:70000", "redis://a/secret", "redis://a/1/2", "redis://a/-1",
            "redis://a,b", "redis://[::1", "redis://[::1]secret", "redis://::1", "unix://host/secret", "unix://",
            "redis+sentinel://a", "redis+sentinel:///main", "redis+sentinel://a/main/1/2", "redis+cluster://a/1",
            "redis+cluster://a?database=1", "redis://a?secret", "redis://a?secret=1", "redis://a?connections=0",
            "redis://a?connections=x", "redis://a?command_timeout=1", "redis://a?command_timeout=0s",
            "redis://a?client_name=two%20words", "redis://a?client_name=x&client_name=x", "redis://a?tls_ca=secret",
            "rediss://a?tls_check_name=secret",
            "rediss://a?tls_server_name=10.0.0.1", "rediss://a?tls_server_name=::1", "rediss://a?tls_server_name=",
            "redis://a#secret", "redis://a?client_name=%ff",
        ])
    func refused(_ url: String) {
        let error = #expect(throws: RedisError.self) { try RedisConfiguration(url: url) }
        #expect(error?.code == .configurationInvalid)
        #expect(error.map { "\($0)".contains("secret") } == false)
    }

    @Test("nothing that prints a configuration shows a secret")
    func secrecy() throws {
        let url = "rediss+sentinel://user:hidden@a/main/4?sentinel_user=su&sentinel_password=hidden"
        let configuration = try RedisConfiguration(url: url)
        var dumped = ""
        dump(configuration, to: &dumped)
        for text in ["\(configuration)", String(reflecting: configuration.credentials), dumped] {
            #expect(!text.contains("hidden"))
        }
        #expect("\(configuration)" == "main/4 by Sentinels a:26379 with TLS")
    }

    @Test("the wait before connecting again doubles to a limit, and is never less than half of it")
    func backoff() {
        let backoff = Backoff(shortest: .milliseconds(100), longest: .seconds(1))
        var random = SystemRandomNumberGenerator()
        for (failures, full) in [(1, 100), (2, 200), (3, 400), (4, 800), (5, 1000), (1000, 1000)] {
            for _ in 0..<50 {
                let delay = backoff.delay(after: failures, using: &random)
                #expect(delay >= .milliseconds(full) / 2 && delay <= .milliseconds(full))
            }
        }
        #expect(backoff.delay(after: 0, using: &random) == .zero)
        // At random, so that many clients do not come back at once.
        let delays = Set((0..<50).map { _ in backoff.delay(after: 3, using: &random) })
        #expect(delays.count > 40)
    }

    @Test("of a handshake that is refused an error keeps the kind, whatever the server quotes")
    func handshakeRefusals() {
        let answer = RedisServerError("ERR unknown command 'AUTH', with args beginning with: 'user' 'hidden'")
        let refused = RedisError(.refused(.authenticate, answer))
        #expect(refused.code == .authenticationFailed && refused.serverError == RedisServerError("ERR"))
        let full = RedisError(.refused(.authenticate, RedisServerError("ERR max number of clients reached")))
        #expect(full.code == .unavailable && full.message == "the server has its maximum of clients")
        var dumped = ""
        dump(RedisError(answer, isScript: false), to: &dumped)
        #expect(!dumped.contains("hidden") && dumped.contains("ERR"))
    }

    @Test("what a server's error means for the command is said by kind")
    func execution() {
        func may(_ message: String, isScript: Bool) -> Bool {
            RedisError(RedisServerError(message), isScript: isScript).mayHaveBeenExecuted
        }
        #expect(!may("ERR unknown", isScript: false))
        #expect(!may("NOSCRIPT No matching script.", isScript: true))
        #expect(may("WRONGTYPE x script: 12, on @user_script:1.", isScript: true))
        #expect(may("OOM command not allowed script: 12, on @user_script:1.", isScript: true))
        #expect(may("MOVED 1 a:1 script: 12, on @user_script:1.", isScript: true))
    }
}
