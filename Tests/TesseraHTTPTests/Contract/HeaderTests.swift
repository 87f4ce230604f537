import HTTPTypes
import Tessera
import Testing

@Suite("Contract 10: headers and JSON mode")
struct HeaderTests {
    private func isNoStore(_ reply: Reply) -> Bool {
        reply.header("Cache-Control") == "private, no-cache, no-store" && reply.header("Pragma") == "no-cache"
            && reply.header("Expires") == "0"
    }

    @Test("16 GET session and GET csrf forbid storing; POST session and GET providers say nothing of it")
    func noStore() async throws {
        try await withSite { site in
            var browser = site.browser()
            #expect(isNoStore(try await browser.get("csrf")))
            #expect(isNoStore(try await browser.get("session")))
            try await browser.signIn()
            #expect(isNoStore(try await browser.get("session")))
            let update = try await browser.post("session", ["csrfToken": browser.csrf()])
            #expect(update.status == 200)
            #expect(update.header("Cache-Control") == nil)
            let providers = try await browser.get("providers")
            #expect(providers.header("Cache-Control") == nil)
            #expect(providers.setCookies.isEmpty)
        }
    }

    @Test("16 What else tells of sessions is not stored either")
    func noStoreElsewhere() async throws {
        try await withSite { site in
            var browser = site.browser()
            try await browser.signIn()
            for path in ["sessions", "account", "signin", "signout", "error"] {
                let reply = try await browser.get(path)
                #expect(reply.header("Cache-Control")?.contains("no-store") == true, "\(path)")
            }
        }
    }

    @Test("17 A form with json=true gets 200 and the URL instead of a redirect")
    func jsonMode() async throws {
        try await withSite { site in
            var browser = site.browser()
            let reply = try await browser.signIn(callbackURL: "/dash?a=b")
            #expect(reply.status == 200)
            #expect(reply.location == nil)
            #expect(reply.contentType == "application/json")
            #expect(reply.body == #"{"url":"http://localhost:3000/dash?a=b"}"#)
        }
    }

    @Test("18 Wrong credentials with json get 401 and the URL")
    func failureJSON() async throws {
        try await withSite { site in
            var browser = site.browser()
            let reply = try await browser.signIn("alice", "wrong")
            #expect(reply.status == 401)
            #expect(reply.location == nil)
            #expect(reply.jsonURL == "\(Site.base)/error?error=CredentialsSignin&provider=credentials")
            #expect(!reply.touchesSessionCookie)
        }
    }

    @Test("19 The same without json gets 302")
    func failureRedirect() async throws {
        try await withSite { site in
            var browser = site.browser()
            let token = try await browser.csrf()
            let reply = try await browser.post("callback/credentials", ["csrfToken": token, "username": "alice"])
            #expect(reply.status == 302)
            #expect(reply.location == "\(Site.base)/error?error=CredentialsSignin&provider=credentials")
            #expect(reply.body.isEmpty)
        }
    }

    @Test("20 A signIn callback that says no gets 403 with json, and nobody is signed in")
    func denied() async throws {
        try await withSite({ $0.callbacks.signIn = { _ in .deny } }) { site in
            var browser = site.browser()
            let reply = try await browser.signIn()
            #expect(reply.status == 403)
            #expect(reply.jsonURL == "\(Site.base)/error?error=AccessDenied")
            #expect(try await !browser.isSignedIn())
        }
    }

    @Test("21 A JSON body with the boolean true is not JSON mode")
    func booleanJSON() async throws {
        try await withSite { site in
            var browser = site.browser()
            let token = try await browser.csrf()
            let boolean = try await browser.post("signout", json: ["csrfToken": .string(token), "json": true])
            #expect(boolean.status == 302)
            let again = try await browser.csrf()
            let text = try await browser.post("signout", json: ["csrfToken": .string(again), "json": "true"])
            #expect(text.status == 200)
        }
    }

    @Test("22 The cookies are the same in both modes")
    func sameCookies() async throws {
        try await withSite { site in
            func names(json: Bool) async throws -> [[String]] {
                var browser = site.browser()
                let token = try await browser.csrf()
                let reply = try await browser.post(
                    "callback/credentials",
                    [
                        "csrfToken": token, "username": "alice", "password": "wonderland", "callbackUrl": "/x",
                        "json": json ? "true" : "false",
                    ])
                #expect(reply.status == (json ? 200 : 302))
                return reply.setCookies.map { [$0.name] + $0.order }
            }
            let json = try await names(json: true)
            #expect(json == (try await names(json: false)))
            #expect(json.count == 3)
        }
    }

    @Test("Every answer forbids the browser to guess its type")
    func noSniff() async throws {
        try await withSite { (site: Site) async throws in
            var browser = site.browser()
            for path in ["session", "csrf", "providers", "signin", "error", "nothing", "sessions"] {
                #expect(try await browser.get(path).header("X-Content-Type-Options") == "nosniff")
            }
        }
    }

    @Test("GET providers lists them in their order with their addresses")
    func providers() async throws {
        try await withSite { site in
            var browser = site.browser()
            let reply = try await browser.get("providers")
            #expect(
                reply.body
                    == #"{"credentials":{"id":"credentials","name":"Credentials","type":"credentials","#
                    + #""signinUrl":"http://localhost:3000/api/auth/signin/credentials","#
                    + #""callbackUrl":"http://localhost:3000/api/auth/callback/credentials"}}"#)
        }
    }
}
