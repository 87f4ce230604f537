import JOSE
import JSON
import Logging
import RedisClient
import RedisServers
import Synchronization
import TesseraCore
import TesseraRedis
import TesseraRuntime
import TesseraSQLite
import TesseraTestKit
import TesseraTokens
import Testing

@testable import TesseraProviders

@Suite("OAuth 1.0a", .timeLimit(.minutes(1)))
struct OAuth1Tests {
    @Test("The base string and signature of RFC 5849's request")
    func vector() throws {
        // Section 3.4.1.1: query, form and protocol parameters, some of them twice, in one sorted list.
        let base = OAuth1Signature.baseString(
            method: "post", url: "http://EXAMPLE.COM/request?b5=%3D%253D&a3=a&c%40=&a2=r%20b",
            parameters: [
                ("oauth_consumer_key", "9djdj82h48djs9d2"), ("oauth_token", "kkk9d7dh3k39sjv7"),
                ("oauth_signature_method", "HMAC-SHA1"), ("oauth_timestamp", "137131201"), ("oauth_nonce", "7d8f3e4a"),
                ("c2", ""), ("a3", "2 q"),
            ])
        #expect(
            base
                == "POST&http%3A%2F%2Fexample.com%2Frequest&a2%3Dr%2520b%26a3%3D2%2520q%26a3%3Da%26b5%3D%253D%25253D%26c%2540%3D%26c2%3D%26"
                + "oauth_consumer_key%3D9djdj82h48djs9d2%26oauth_nonce%3D7d8f3e4a%26oauth_signature_method%3DHMAC-SHA1%26"
                + "oauth_timestamp%3D137131201%26oauth_token%3Dkkk9d7dh3k39sjv7")
    }

    @Test("HMAC-SHA1 of RFC 2202's second case")
    func hmac() throws {
        let code = try HMACSHA1.authenticate(
            Array("what do ya want for nothing?".utf8), key: SecretBytes(Array("Jefe".utf8)))
        #expect(code.map { String($0, radix: 16) }.joined() == "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79")
    }

    /// A provider that checks signatures on its own.
    private struct Server: Sendable {
        let seen = Shared<[String]>([])
        let confirms: Bool

        func answer(_ request: SeenRequest, port: Int) -> Canned {
            seen.change { $0.append(request.path) }
            let fields = Self.fields(request.headers["authorization"] ?? "")
            let secrets = [
                "/api.twitter.com/oauth/request_token": "", "/api.twitter.com/oauth/access_token": "request secret",
                "/api.twitter.com/1.1/account/verify_credentials.json": "access secret",
            ]
            guard let secret = secrets[request.path], isSigned(request, fields, secret) else {
                return .text("bad signature", status: 401)
            }
            switch request.path {
            case "/api.twitter.com/oauth/request_token":
                let callback = fields["oauth_callback"] == EverySignInTests.callback
                return form(
                    "oauth_token=request-token&oauth_token_secret=request%20secret&oauth_callback_confirmed=\(callback && confirms)"
                )
            case "/api.twitter.com/oauth/access_token":
                guard fields["oauth_verifier"] == "the-verifier", fields["oauth_token"] == "request-token" else {
                    return .text("no", status: 401)
                }
                return form("oauth_token=access-token&oauth_token_secret=access%20secret&user_id=1")
            default:
                guard request.query("include_email") == "true" else { return .text("no", status: 400) }
                return .json([
                    "id_str": "9007199254740993", "name": "Ada", "email": "Ada@Example.com",
                    "profile_image_url_https": "https://pbs.example/a_normal.jpg",
                ])
            }
        }

        private func form(_ text: String) -> Canned { .text(text, type: "application/x-www-form-urlencoded") }

        static func fields(_ header: String) -> [String: String] {
            Dictionary(
                header.dropFirst("OAuth ".count).split(separator: ",").compactMap { part in
                    let pair = part.filter { $0 != " " && $0 != "\"" }.split(separator: "=", maxSplits: 1)
                    return pair.count == 2 ? (String(pair[0]), PercentEncoding.decode(pair[1]) ?? "") : nil
                }, uniquingKeysWith: { first, _ in first })
        }

        private func isSigned(_ request: SeenRequest, _ fields: [String: String], _ secret: String) -> Bool {
            var pairs = fields.filter { $0.key != "oauth_signature" }.map { ($0.key, $0.value) }
            pairs += request.query.map { ($0.name, $0.value) }
            let encode = PercentEncoding.encodeStrictly
            let list = pairs.map { "\(encode($0.0))=\(encode($0.1))" }.sorted().joined(separator: "&")
            let base = [request.method, "https:/" + request.path, list].map(encode).joined(separator: "&")
            let key = SecretBytes(Array("consumer%20secret&\(encode(secret))".utf8))
            let code = (try? HMACSHA1.authenticate(Array(base.utf8), key: key)).map { Base64.encode($0) }
            return code == fields["oauth_signature"]
        }
    }

    private func provider(_ port: Int, secrets: SealedSecrets? = nil) throws -> any RedirectingProvider {
        var settings = ProviderSettings("twitter", clientID: "consumer", clientSecret: "consumer secret")
        settings.facts = .v4
        return try ConfiguredProvider(settings).signIn(
            http: RoutedHTTP(port: port), secrets: secrets, clock: WallClock { now }, random: .seeded(3)
        ).redirecting
    }

    private func withTwitter(
        confirms: Bool = true, _ test: (any RedirectingProvider, Server) async throws -> Void
    ) async throws {
        let server = Server(confirms: confirms)
        try await withServer({ server.answer($0, port: 0) }) { port in try await test(try provider(port), server) }
    }

    @Test("The old Twitter is signed in through; the secret is in no address")
    func whole() async throws {
        try await withTwitter { provider, _ in
            let begin = try await provider.begin(signInRequest("POST"), callbackURL: EverySignInTests.callback)
            #expect(begin.url == "https://api.twitter.com/oauth/authenticate?oauth_token=request-token")
            let back = signInRequest(query: ["oauth_token": "request-token", "oauth_verifier": "the-verifier"])
            #expect(provider.state(in: back) == begin.state, "its check cookies are found by the token")
            let end = try await provider.finish(back, checks: begin.checks, callbackURL: EverySignInTests.callback)
            #expect(end.user.id == "9007199254740993" && end.user.email == "ada@example.com")
            #expect(end.user.image == "https://pbs.example/a.jpg", "the full-size picture")
            #expect(end.account.tokens == ["oauth_token": "access-token", "oauth_token_secret": "access secret"])
        }
    }

    @Test("Another request token, none, or another browser's is refused before the provider is asked")
    func otherToken() async throws {
        try await withTwitter { provider, server in
            let begin = try await provider.begin(signInRequest("POST"), callbackURL: EverySignInTests.callback)
            let right = ["oauth_token": "request-token", "oauth_verifier": "the-verifier"]
            let cases: [([String: String], [SignInCheck: String])] = [
                (right.merging(["oauth_token": "stolen"]) { $1 }, begin.checks),
                (["oauth_verifier": "v"], begin.checks),
                (right, [:]), (["oauth_token": "request-token"], begin.checks),
            ]
            for (query, checks) in cases {
                await #expect(throws: SignInFailure.self) {
                    try await provider.finish(
                        signInRequest(query: query), checks: checks, callbackURL: EverySignInTests.callback)
                }
            }
            #expect(server.seen.value == ["/api.twitter.com/oauth/request_token"])
        }
    }

    @Test("Who says no there is told so")
    func denied() async throws {
        try await withTwitter { provider, _ in
            let begin = try await provider.begin(signInRequest("POST"), callbackURL: EverySignInTests.callback)
            let back = signInRequest(query: ["denied": "request-token"])
            #expect(provider.state(in: back) == begin.state)
            let failure = await #expect(throws: SignInFailure.self) {
                try await provider.finish(back, checks: begin.checks, callbackURL: EverySignInTests.callback)
            }
            #expect(failure?.reason == .accessDenied)
        }
    }

    @Test("A callback that is not confirmed ends the journey before it begins")
    func unconfirmed() async throws {
        try await withTwitter(confirms: false) { provider, _ in
            let failure = await #expect(throws: SignInFailure.self) {
                try await provider.begin(signInRequest("POST"), callbackURL: EverySignInTests.callback)
            }
            #expect(failure?.code == .begin)
        }
    }

    /// What a node keeps secrets with, in a store that it shares with others.
    private func sealed(_ store: any ShortLivedSecrets, secret: String = "the secret of all nodes") throws
        -> SealedSecrets
    {
        let ring = try #require(Secret(secret).flatMap { SecretRing([$0]) })
        return SealedSecrets(
            store: store, vault: try SecretVault(ring: ring), clock: WallClock { now }, random: .seeded(4))
    }

    /// Begins at one node, and ends at another one; twice, the second time in vain.
    private func crossNodes(_ store: any ShortLivedSecrets) async throws {
        let server = Server(confirms: true)
        try await withServer({ server.answer($0, port: 0) }) { port in
            let (one, other) = (try provider(port, secrets: sealed(store)), try provider(port, secrets: sealed(store)))
            let begin = try await one.begin(signInRequest("POST"), callbackURL: EverySignInTests.callback)
            #expect(begin.checks == [.state: "request-token"], "the browser has the token only")
            let back = signInRequest(query: ["oauth_token": "request-token", "oauth_verifier": "the-verifier"])
            let end = try await other.finish(back, checks: begin.checks, callbackURL: EverySignInTests.callback)
            #expect(end.user.name == "Ada")
            for node in [one, other] {
                await #expect(throws: SignInFailure.self) {
                    try await node.finish(back, checks: begin.checks, callbackURL: EverySignInTests.callback)
                }
            }
        }
    }

    @Test("A sign-in that begins at one node ends at another one, over Redis")
    func acrossNodesOverRedis() async throws {
        var configuration = try RedisConfiguration(url: try await SharedServers.standalone.value.url)
        configuration.commandTimeout = .seconds(20)
        let client = RedisClient(configuration, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        let keys = try #require(Keyspace(prefix: "oauth1-test", shards: .single))
        try await withThrowingTaskGroup { group in
            group.addTask { try await client.run() }
            defer { group.cancelAll() }
            try await crossNodes(RedisSecrets(client: client, keys: keys))
        }
    }

    @Test("The same over SQLite")
    func acrossNodesOverSQLite() async throws {
        let store = try await SQLiteSessionStore.inMemory()
        try await crossNodes(SQLiteSecrets(store: store))
        try await store.close()
    }

    @Test("A store for secrets tells nothing: neither the request token nor its secret is in it, nor opens for others")
    func sealed() async throws {
        let server = Server(confirms: true)
        let memory = InMemorySecrets()
        try await withServer({ server.answer($0, port: 0) }) { port in
            let provider = try provider(port, secrets: sealed(memory))
            let begin = try await provider.begin(signInRequest("POST"), callbackURL: EverySignInTests.callback)
            #expect(memory.contents.count == 1)
            for (name, content) in memory.contents {
                #expect(!name.contains("request-token"))
                #expect(!String(decoding: content, as: UTF8.self).contains("request"))
            }
            let stranger = try self.provider(port, secrets: sealed(memory, secret: "the secret of somebody else"))
            let back = signInRequest(query: ["oauth_token": "request-token", "oauth_verifier": "the-verifier"])
            await #expect(throws: SignInFailure.self) {
                try await stranger.finish(back, checks: begin.checks, callbackURL: EverySignInTests.callback)
            }
        }
    }
}
