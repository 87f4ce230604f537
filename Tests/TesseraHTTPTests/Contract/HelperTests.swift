import HTTPTypes
import Hummingbird
import HummingbirdTesting
import JSON
import Tessera
import TesseraTestKit
import Testing

@Suite("Contract 10: the library in an application")
struct HelperTests {
    /// An application with open and protected routes.
    private func withApplication(
        _ change: (inout TesseraConfiguration) -> Void = { _ in }, over store: InMemoryStore? = nil,
        otherwise: Unauthenticated = .redirect, authorized: SessionMiddleware<SessionContext>.Authorized? = nil,
        _ body: @Sendable (Site) async throws -> Void
    ) async throws {
        try await withSite(
            change, over: store,
            routes: { router, tessera in
                router.group("read").add(middleware: tessera.readSession())
                    .get { _, context in context.session.map { "\($0.user) \($0.name ?? "")" } ?? "nobody" }
                router.group().add(middleware: tessera.requireSession(otherwise: otherwise, authorized: authorized))
                    .get("protected") { _, context in context.session?.user.text ?? "nobody" }
                    .on("protected", method: .head) { _, _ in HTTPResponse.Status.ok }
                    .get("api/authors") { _, _ in "authors" }
                    .get("login") { _, _ in "own login page" }
                    .get("/") { _, _ in "home" }
                    .get("favicon.ico") { _, _ in "icon" }
                    .get("_next/static/x.js") { _, _ in "script" }
            }, body)
    }

    @Test("168 readSession gives the route the session, or none; a wrong configuration opens nothing")
    func readSession() async throws {
        try await withApplication { site in
            var browser = site.browser()
            #expect(try await browser.get("/read").body == "nobody")
            try await browser.signIn()
            #expect(try await browser.get("/read").body == "user-alice Alice")
            browser.token = "garbage"
            let reply = try await browser.get("/read")
            #expect(reply.status == 200)
            #expect(reply.body == "nobody")
            #expect(reply.setCookie(Site.sessionCookie)?.isDeletion == true)
        }
    }

    @Test(
        "168 readSession gives the session to the application's own sign-in and error page as well",
        arguments: ["/", "/login", "/oops", "/favicon.ico"])
    func readSessionOnOwnPage(path: String) async throws {
        try await withSite(
            {
                $0.pages.signIn = path == "/oops" ? "/login" : path
                $0.pages.error = "/oops"
            },
            routes: { router, tessera in
                let open = router.group().add(middleware: tessera.readSession())
                open.get(RouterPath(path)) { _, context in context.session?.name ?? "nobody" }
            }
        ) { site in
            var browser = site.browser()
            #expect(try await browser.get(path).body == "nobody")
            try await browser.signIn()
            #expect(try await browser.get(path).body == "Alice")
            site.clock.advance(.minutes(6))
            #expect(try await browser.get(path).setCookie(Site.sessionCookie) != nil)
        }
    }

    @Test("168 Below the base path readSession leaves the session to the API: one request, one session cookie")
    func readSessionBesideAPI() async throws {
        try await withSite { site in
            let router = Router(context: SessionContext.self)
            router.add(middleware: site.tessera.readSession())
            site.tessera.addRoutes(to: router)
            try await Application(router: router).test(.router) { client in
                var browser = Site(
                    tessera: site.tessera, clock: site.clock, client: client, log: site.log, basePath: site.basePath
                ).browser()
                try await browser.signIn()
                site.clock.advance(.minutes(6))
                let token = try await browser.csrf()
                let reply = try await browser.post("signout", ["csrfToken": token])
                #expect(reply.setCookie(Site.sessionCookie)?.isDeletion == true)
            }
        }
    }

    @Test("169 A session that is due gets its new token with the application's own response")
    func refreshed() async throws {
        try await withApplication { site in
            var browser = site.browser()
            try await browser.signIn()
            let first = browser.token
            #expect(try await browser.get("/read").setCookies.isEmpty)
            site.clock.advance(.minutes(6))
            let reply = try await browser.get("/protected")
            #expect(reply.body == "user-alice")
            #expect(reply.setCookie(Site.sessionCookie) != nil)
            #expect(browser.token != first)
            var program = site.browser()
            program.headers[.authorization] = "Bearer \(browser.token ?? "")"
            site.clock.advance(.minutes(6))
            #expect(try await program.get("/read").header("Tessera-Session-Token")?.isEmpty == false)
        }
    }

    @Test("70 An application gets claims that were verified, and in no way the token itself (deviation)")
    func noRawToken() async throws {
        let seen = Recorder<String>()
        try await withSite(routes: { router, tessera in
            router.group("read").add(middleware: tessera.readSession())
                .get { _, context in
                    seen.add(context.session.map { "\(String(reflecting: $0)) \($0.claims)" } ?? "nobody")
                    return HTTPResponse.Status.ok
                }
        }) { site in
            var browser = site.browser()
            try await browser.signIn()
            let token = try #require(browser.token)
            try await browser.get("/read")
            let shown = try #require(seen.values.first)
            #expect(shown.contains("Alice"))
            for part in token.split(separator: ".") { #expect(!shown.contains(part)) }
            // Not verified: nothing of it, wherever it stands.
            let changed = String(token.dropLast(2)) + (token.hasSuffix("AA") ? "BB" : "AA")
            browser.token = changed
            try await browser.get("/read")
            var program = site.browser()
            try await program.get("/read", headers: [.authorization: "Bearer \(changed)"])
            #expect(seen.values.dropFirst() == ["nobody", "nobody"])
        }
    }

    @Test("171 Without a token: 307 to the sign-in page with the encoded path and query to come back to")
    func redirect() async throws {
        try await withApplication { site in
            var browser = site.browser()
            let reply = try await browser.get("/protected?a=b&c=%2F")
            #expect(reply.status == 307)
            #expect(reply.location == "/api/auth/signin?callbackUrl=%2Fprotected%3Fa%3Db%26c%3D%252F")
            #expect(!reply.touchesSessionCookie)
        }
    }

    @Test("171 Where a POST is redirected, it ends at the sign-in page, which leads back")
    func redirectedPost() async throws {
        try await withSite(routes: { router, tessera in
            router.group().add(middleware: tessera.requireSession(otherwise: .redirect))
                .post("protected") { _, _ in "done" }
        }) { site in
            var browser = site.browser()
            let reply = try await browser.post("/protected")
            #expect(reply.status == 307)
            // 307 keeps the method.
            let next = try await browser.post(try #require(reply.location))
            #expect(next.status == 302)
            #expect(next.location == "\(Site.base)/signin?csrf=true")
            #expect(browser.jar[Site.callbackCookie] == "http%3A%2F%2Flocalhost%3A3000%2Fprotected")
        }
    }

    @Test("171 A program gets 401, a person the redirect; a POST is never redirected")
    func automatic() async throws {
        try await withApplication(otherwise: .automatic) { site in
            var browser = site.browser()
            let program = try await browser.get("/protected", headers: [.accept: "application/json"])
            #expect(program.status == 401)
            #expect(program.errorCode == "not_signed_in")
            let person = try await browser.get("/protected", headers: [.accept: "text/html,*/*"])
            #expect(person.status == 307)
            let post = try await browser.post("/protected", headers: [.accept: "text/html"])
            #expect(post.status == 401 || post.status == 404)
        }
        try await withApplication(otherwise: .unauthorized) { (site: Site) async throws in
            var browser = site.browser()
            #expect(try await browser.get("/protected", headers: [.accept: "text/html"]).status == 401)
        }
    }

    @Test("171 A HEAD of a protected route gets no body")
    func head() async throws {
        try await withApplication(otherwise: .unauthorized) { site in
            var browser = site.browser()
            let reply = try await browser.send(.head, "/protected")
            #expect(reply.status == 401)
            #expect(reply.body.isEmpty)
        }
    }

    @Test("172 The configured base path is in the redirect")
    func basePath() async throws {
        try await withApplication({
            $0.url = .configured(PublicURL(origin: Origin(localhostPort: 3000), basePath: "/app/auth"))
        }) { (site: Site) async throws in
            var browser = site.browser()
            #expect(try await browser.get("/protected").location == "/app/auth/signin?callbackUrl=%2Fprotected")
        }
    }

    @Test("173 The API, the sign-in and error page and the favicon are open; /_next is not known here (deviation)")
    func openPaths() async throws {
        try await withApplication({
            $0.pages.signIn = "/login"
            $0.pages.error = "/oops"
        }) { (site: Site) async throws in
            var browser = site.browser()
            #expect(try await browser.get("/login?x=1").body == "own login page")
            #expect(try await browser.get("/favicon.ico").body == "icon")
            #expect(try await browser.get("csrf").status == 200)
            #expect(try await browser.get("/_next/static/x.js").status == 307)
            #expect(try await browser.get("/protected").location == "/login?callbackUrl=%2Fprotected")
        }
    }

    @Test("173 What merely begins like the API, or like a page, is protected (deviation)")
    func prefixes() async throws {
        try await withApplication({ $0.pages.signIn = "/log" }) { site in
            var browser = site.browser()
            for path in ["/api/authors", "/login", "//protected", "/protected/", "/favicon.ico/"] {
                #expect(try await browser.get(path).status != 200, "\(path)")
            }
            try await browser.signIn()
            #expect(try await browser.get("/api/authors").body == "authors")
        }
    }

    @Test("174 A sign-in page / does not open everything")
    func rootPage() async throws {
        try await withApplication({ $0.pages.signIn = "/" }) { site in
            var browser = site.browser()
            #expect(try await browser.get("/").body == "home")
            let reply = try await browser.get("/protected")
            #expect(reply.status == 307)
            #expect(reply.location == "/?callbackUrl=%2Fprotected")
        }
    }

    @Test("175 authorized: false beats a session, true beats none, nil leaves it")
    func authorized() async throws {
        let verdict = Switch<Bool?>(false)
        let seen = Recorder<String>()
        try await withApplication(authorized: { request, session in
            seen.add("\(request.uri.path) \(session?.name ?? "nobody")")
            return verdict.value
        }) { site in
            var alice = site.browser()
            try await alice.signIn()
            var visitor = site.browser()
            for (value, aliceStatus, visitorStatus) in [(false, 307, 307), (true, 200, 200), (nil, 200, 307)]
                as [(Bool?, Int, Int)]
            {
                verdict.value = value
                #expect(try await alice.get("/protected").status == aliceStatus)
                #expect(try await visitor.get("/protected").status == visitorStatus)
            }
            #expect(seen.values.prefix(2) == ["/protected Alice", "/protected nobody"])
        }
    }

    @Test("171 With the store down a protected route is 503: nobody is sent to sign in because of an outage")
    func outage() async throws {
        let store = InMemoryStore()
        try await withApplication(over: store) { site in
            var browser = site.browser()
            try await browser.signIn()
            site.clock.advance(.minutes(6))
            store.faults.failEverything()
            for path in ["/protected", "/read"] {
                let reply = try await browser.get(path)
                #expect(reply.status == 503)
                #expect(reply.header("Retry-After") == "2")
                #expect(!reply.touchesSessionCookie)
            }
            var visitor = site.browser()
            #expect(try await visitor.get("/protected").status == 307)
            #expect(try await visitor.get("/read").body == "nobody")
        }
    }

    @Test("171 A protected route needs no callback URL: the redirect callback is not asked")
    func noRedirectCallback() async throws {
        try await withApplication({ $0.callbacks.redirect = { _ in throw SampleError() } }) {
            (site: Site) async throws in
            var browser = site.browser()
            browser.jar[Site.callbackCookie] = "http%3A%2F%2Flocalhost%3A3000%2Fx"
            #expect(try await browser.get("/protected").status == 307)
            #expect(try await browser.get("/read").body == "nobody")
        }
    }

    @Test("The application's own code ends sessions", arguments: [true, false])
    func revocation(all: Bool) async throws {
        try await withSite { site in
            var browser = site.browser()
            try await browser.signIn()
            var other = site.browser()
            try await other.signIn()
            let user = try #require(UserID("user-alice"))
            if all {
                try await site.tessera.revokeSessions(of: user)
            } else {
                let session = try #require(try browser.claims()["sid"]?.string.flatMap { SessionID($0) })
                try await site.tessera.revokeSession(session, of: user)
            }
            #expect(try await !browser.isSignedIn())
            #expect(try await other.isSignedIn() == !all)
        }
    }

    @Test("176 A configured URL counts before forwarded hosts; a trusted proxy's host where none is; else localhost")
    func urls() async throws {
        let forwarded: HTTPFields = [
            try #require(HTTPField.Name("X-Forwarded-Host")): "evil.example.com",
            try #require(HTTPField.Name("X-Forwarded-Proto")): "https",
        ]
        let configured = try #require(PublicURL("https://example.com"))
        for (source, expected) in [
            (URLSource.configured(configured), "https://example.com"), (.localhost, "http://localhost:3000"),
            (.forwarded(basePath: "/api/auth"), "https://evil.example.com"),
        ] {
            try await withSite({ $0.url = source }) { site in
                var browser = site.browser()
                let reply = try await browser.get("signin/x", headers: forwarded)
                #expect(reply.body.contains("\(expected)/api/auth/callback/credentials"))
                let cookie = reply.setCookies.first { $0.name.hasSuffix("callback-url") }
                #expect(cookie.map { Browser.decode($0.value) } == expected)
                #expect(cookie?.name.hasPrefix("__Secure-") == expected.hasPrefix("https"))
            }
        }
    }

    @Test("176 A forwarded host that is no host gets 400; the scheme is https unless it is exactly http")
    func forwardedHosts() async throws {
        let host = try #require(HTTPField.Name("X-Forwarded-Host"))
        let proto = try #require(HTTPField.Name("X-Forwarded-Proto"))
        try await withSite({ $0.url = .forwarded(basePath: "/api/auth") }) { site in
            var browser = site.browser()
            for bad in ["evil.com/x", "a b", "a@b", "[::1", "", "a:99999", "ex\u{E4}mple"] {
                let reply = try await browser.get("csrf", headers: [host: bad])
                #expect(reply.status == 400, "\(bad)")
                #expect(reply.errorCode == "invalid_host")
            }
            for (scheme, origin) in [
                ("http", "http://a.b:81"), ("https", "https://a.b:81"), ("HTTP", "https://a.b:81"),
            ] {
                let reply = try await browser.get("signin", headers: [host: "a.b:81", proto: scheme])
                #expect(reply.body.contains("\(origin)/api/auth/callback"))
            }
        }
    }

    @Test("177 The URL's path is the base path")
    func pathOfURL() async throws {
        let url = try #require(PublicURL("https://e.com/x/"))
        try await withSite({ $0.url = .configured(url) }) { (site: Site) async throws in
            var browser = site.browser()
            #expect(site.basePath == "/x")
            #expect(
                try await browser.get("/x/providers").json["credentials"]?.object?["signinUrl"]
                    == "https://e.com/x/signin/credentials")
            #expect(try await browser.get("/api/auth/providers").status == 404)
        }
    }
}
