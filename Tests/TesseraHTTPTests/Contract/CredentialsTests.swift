import HTTPTypes
import JSON
import Tessera
import TesseraTestKit
import Testing

@Suite("Contract 10: credentials")
struct CredentialsTests {
    @Test("153 Success sets a session cookie whose sub is the user's id")
    func success() async throws {
        try await withSite { site in
            var browser = site.browser()
            let reply = try await browser.signIn()
            #expect(reply.setCookie(Site.sessionCookie)?.isDeletion == false)
            let claims = try browser.claims()
            #expect(claims["sub"] == "user-alice")
            #expect(claims["name"] == "Alice")
            #expect(claims["picture"] == "https://example.com/alice.png")
            #expect(claims["sid"]?.string?.count == 22)
        }
    }

    @Test("153 Every sign-in makes a session of its own, also with a planted cookie")
    func noFixation() async throws {
        try await withSite { site in
            var attacker = site.browser()
            try await attacker.signIn("bob")
            var victim = site.browser()
            victim.token = attacker.token
            let planted = try victim.claims()["sid"]
            try await victim.signIn("alice")
            #expect(try victim.claims()["sid"] != planted)
            #expect(try await !attacker.isSignedIn())
        }
    }

    @Test("154 An authorize that knows nobody is 401 CredentialsSignin with the provider's id")
    func unknown() async throws {
        try await withSite({ $0.providers = [.credentials(id: "ldap.1") { _, _ in nil }] }) { site in
            var browser = site.browser()
            let reply = try await browser.signIn(provider: "ldap.1")
            #expect(reply.status == 401)
            #expect(reply.jsonURL == "\(Site.base)/error?error=CredentialsSignin&provider=ldap.1")
        }
    }

    @Test(
        "155 A SignInRejection is 401 with its message; any other error is 503 Callback, and its text stays here (deviation)"
    )
    func throwing() async throws {
        let rejects = Switch(true)
        try await withSite({
            $0.providers = [
                .credentials { _, _ in
                    if rejects.value { throw SignInRejection("Boom & co") }
                    throw SecretiveError(text: "password table is at 10.0.0.7")
                }
            ]
        }) { site in
            var browser = site.browser()
            let rejected = try await browser.signIn()
            #expect(rejected.status == 401)
            #expect(rejected.jsonURL == "\(Site.base)/error?error=Boom%20%26%20co")
            rejects.value = false
            let failed = try await browser.signIn()
            #expect(failed.status == 503)
            #expect(failed.jsonURL == "\(Site.base)/error?error=Callback")
            #expect(!failed.body.contains("10.0.0.7"))
            #expect(site.log.values.contains { $0.contains("CALLBACK_CREDENTIALS_HANDLER_ERROR") })
            #expect(!site.log.values.contains { $0.contains("10.0.0.7") })
            let page = try await browser.post("callback/credentials", ["csrfToken": browser.csrf()])
            #expect(page.status == 302)
            #expect(page.location == "\(Site.base)/error?error=Callback")
            #expect(try await !browser.isSignedIn())
        }
    }

    @Test("155 The signIn callback may reject with a message, or send elsewhere; nobody is signed in")
    func signInCallback() async throws {
        let verdict = Switch<SignInVerdict?>(.redirect("https://example.com/verify"))
        try await withSite({
            $0.callbacks.signIn = { attempt in
                #expect(attempt.credentials?["username"] == "alice")
                #expect(!attempt.isEmailRequest)
                guard let verdict = verdict.value else { throw SignInRejection("not today") }
                return verdict
            }
        }) { site in
            var browser = site.browser()
            #expect(try await browser.signIn().jsonURL == "https://example.com/verify")
            #expect(try await !browser.isSignedIn())
            verdict.value = nil
            let rejected = try await browser.signIn()
            #expect(rejected.status == 401)
            #expect(rejected.jsonURL == "\(Site.base)/error?error=not%20today")
            #expect(try await !browser.isSignedIn())
            verdict.value = .allow
            #expect(try await browser.signIn().status == 200)
            #expect(try await browser.isSignedIn())
        }
    }

    @Test("156 authorize gets body, query, headers and method")
    func request() async throws {
        let requests = Recorder<(Credentials, SignInRequest)>()
        try await withSite({
            $0.providers = [
                .credentials { credentials, request in
                    requests.add((credentials, request))
                    return nil
                }
            ]
        }) { site in
            var browser = site.browser()
            let token = try await browser.csrf()
            let name = try #require(HTTPField.Name("X-Tenant"))
            try await browser.post(
                "callback/credentials?tenant=a%20b&x=1", ["csrfToken": token, "username": "ä b", "otp": "1+2"],
                headers: [name: "seven"])
            let (credentials, request) = try #require(requests.values.first)
            #expect(credentials["username"] == "ä b")
            #expect(credentials["otp"] == "1+2")
            #expect(credentials.body["csrfToken"]?.string == token)
            #expect(request.method == "POST")
            #expect(request.query == ["tenant": "a b", "x": "1"])
            #expect(request.headers["x-tenant"] == "seven")
            #expect(request.headers["user-agent"]?.contains("Firefox") == true)
        }
    }

    @Test("157 Any number of credentials providers with distinct ids; two of one id start nothing")
    func several() async throws {
        func provider(_ id: String) -> SignInProvider {
            .credentials(id: id, name: id) { _, _ in UserProfile(id: "user-of-\(id)") }
        }
        try await withSite({ $0.providers = [provider("one"), provider("two")] }) { site in
            for id in ["one", "two"] {
                var browser = site.browser()
                try await browser.signIn(provider: id)
                #expect(try browser.claims()["sub"]?.string == "user-of-\(id)")
            }
        }
        await #expect(throws: ConfigurationError.self) {
            try await withSite {
                $0.providers = [provider("one"), provider("one")]
            } _: { _ in
            }
        }
    }

    @Test(
        "158 Signing in with credentials makes a row in the store, in every format",
        arguments: [TokenFormat.reference, .standard, .signed(alg: "HS256")])
    func row(format: TokenFormat) async throws {
        let store = InMemoryStore()
        try await withSite({ $0.tokenFormat = format }, over: store) { site in
            let user = try #require(UserID("user-alice"))
            var browser = site.browser()
            try await browser.signIn()
            let session = try #require(try await store.load(user).sessions.first)
            #expect(session.createdAt == site.clock.now)
            #expect(session.device.name.contains("Firefox"))
            #expect(try await store.owner(of: session.id) == user)
            #expect(
                try await browser.get("sessions").json["sessions"]?.array?.first?.object?["id"]?.string
                    == "\(session.id)")
        }
    }

    @Test(
        "A user whose id cannot be used is not signed in", arguments: ["", "a\nb", String(repeating: "x", count: 257)])
    func unusableID(id: String) async throws {
        try await withSite({ $0.providers = [.credentials { _, _ in UserProfile(id: id) }] }) { site in
            var browser = site.browser()
            let reply = try await browser.signIn()
            #expect(reply.status == 503)
            #expect(reply.jsonURL == "\(Site.base)/error?error=Callback")
            #expect(!reply.touchesSessionCookie)
        }
    }
}

private struct SecretiveError: Error, CustomStringConvertible {
    let text: String
    var description: String { text }
}
