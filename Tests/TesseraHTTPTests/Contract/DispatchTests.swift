import HTTPTypes
import Tessera
import TesseraTestKit
import Testing

@Suite("Contract 10: dispatch and gate")
struct DispatchTests {
    @Test("1 An unknown action on GET gets 400, text, and no cookie")
    func unknownAction() async throws {
        try await withSite { site in
            var browser = site.browser()
            for path in ["nothing", "", "signin2", "sessions/x/y", "keepalive", "sessions/revoke-others"] {
                let reply = try await browser.get(path)
                #expect(reply.status == 400, "GET \(path)")
                #expect(reply.contentType?.hasPrefix("text/plain") == true)
                #expect(reply.body.contains("GET"))
                #expect(reply.setCookies.isEmpty)
            }
        }
    }

    @Test(
        "2 Other methods get 400 and are named; DELETE has one action of ours",
        arguments: [HTTPRequest.Method.put, .delete, .patch, .options, .head, .trace])
    func otherMethods(method: HTTPRequest.Method) async throws {
        try await withSite { site in
            var browser = site.browser()
            for path in ["session", "csrf", "signin", "signout", "providers", "error"] {
                let reply = try await browser.send(method, path)
                #expect(reply.status == 400, "\(method) \(path)")
                #expect(method == .head ? reply.body.isEmpty : reply.body.contains(method.rawValue))
                #expect(reply.setCookies.isEmpty)
            }
        }
    }

    @Test("3 GET callback of an unknown provider gets 400, and of a credentials provider as well (deviation)")
    func getCallback() async throws {
        try await withSite { site in
            var browser = site.browser()
            let unknown = try await browser.get("callback/unknown")
            #expect(unknown.status == 400)
            #expect(unknown.setCookies.isEmpty)
            let credentials = try await browser.get("callback/credentials?username=alice&password=wonderland")
            #expect(credentials.status == 400)
            #expect(credentials.contentType?.hasPrefix("text/plain") == true)
            #expect(credentials.body.contains("credentials"))
            #expect(!credentials.touchesSessionCookie)
        }
    }

    @Test("4 Without a secret nothing starts, and the reason is said (deviation)")
    func noSecret() async throws {
        await #expect {
            try await withSite {
                $0.secrets = []
            } _: { _ in
            }
        } throws: { error in
            (error as? ConfigurationError)?.problems.contains { $0.contains("NEXTAUTH_SECRET") } == true
        }
    }

    @Test("5 An empty secret is none: nothing starts that could answer GET session (deviation)")
    func emptySecret() async throws {
        await #expect(throws: ConfigurationError.self) {
            try await withSite {
                $0.secrets = [""]
            } _: { _ in
            }
        }
    }

    @Test("6 Without a secret a custom error page does not help (deviation)")
    func noSecretWithErrorPage() async throws {
        await #expect(throws: ConfigurationError.self) {
            try await withSite {
                $0.secrets = []
                $0.pages.error = "/error"
            } _: { _ in
            }
        }
    }

    @Test("7 A callbackUrl that leads to the error page makes no redirect loop (deviation)")
    func errorPageLoop() async throws {
        try await withSite({ $0.pages.error = "/err" }) { site in
            var browser = site.browser()
            let reply = try await browser.get("signin?callbackUrl=/err")
            #expect(reply.status == 200)
            let error = try await browser.get("error?error=AccessDenied&callbackUrl=/err")
            #expect(error.status == 302)
            #expect(error.location == "/err?error=AccessDenied")
        }
    }

    @Test(
        "10 A query callbackUrl that is neither path nor URL gets 400 INVALID_CALLBACK_URL_ERROR (deviation)",
        arguments: ["csrf", "session", "signin", "providers", "error", "account"])
    func invalidCallbackURL(path: String) async throws {
        try await withSite { site in
            var browser = site.browser()
            let reply = try await browser.get("\(path)?callbackUrl=invalid-callback")
            #expect(reply.status == 400)
            #expect(reply.contentType == "application/json")
            #expect(reply.errorCode == "INVALID_CALLBACK_URL_ERROR")
            #expect(reply.setCookies.isEmpty)
        }
    }

    @Test("10 A person gets the same as a page (deviation)")
    func invalidCallbackURLPage() async throws {
        try await withSite { site in
            var browser = site.browser()
            let reply = try await browser.get("signin?callbackUrl=invalid-callback", headers: [.accept: "text/html"])
            #expect(reply.status == 400)
            #expect(reply.contentType?.hasPrefix("text/html") == true)
            #expect(reply.body.contains("INVALID_CALLBACK_URL_ERROR"))
        }
    }

    @Test("11 A query callbackUrl that is a path is accepted")
    func pathCallbackURL() async throws {
        try await withSite { site in
            var browser = site.browser()
            let reply = try await browser.get("csrf?callbackUrl=/callback")
            #expect(reply.status == 200)
            #expect(browser.jar[Site.callbackCookie] == "http%3A%2F%2Flocalhost%3A3000%2Fcallback")
        }
    }

    @Test(
        "12 A query callbackUrl with another scheme gets 400 on GET session (deviation)",
        arguments: ["javascript:alert(1)", "data:text/html,x", "ftp://localhost:3000/", "java%0Ascript:x", ""])
    func scriptCallbackURL(value: String) async throws {
        try await withSite { site in
            var browser = site.browser()
            let reply = try await browser.get("session?callbackUrl=\(value)")
            #expect(reply.status == 400)
            #expect(reply.errorCode == "INVALID_CALLBACK_URL_ERROR")
        }
    }

    @Test("12 A body callbackUrl that is neither path nor URL gets 400, and nobody is signed in (deviation)")
    func bodyCallbackURL() async throws {
        try await withSite { site in
            var browser = site.browser()
            let reply = try await browser.signIn(callbackURL: "foo")
            #expect(reply.status == 400)
            #expect(reply.errorCode == "INVALID_CALLBACK_URL_ERROR")
            #expect(try await !browser.isSignedIn())
        }
    }

    @Test("13 An invalid callback-url cookie is ignored and replaced, and locks nobody out (deviation)")
    func invalidCallbackCookie() async throws {
        try await withSite { site in
            var browser = site.browser()
            browser.jar[Site.callbackCookie] = "javascript%3Aalert(1)"
            let reply = try await browser.get("session")
            #expect(reply.status == 200)
            #expect(reply.setCookie(Site.callbackCookie)?.value == "http%3A%2F%2Flocalhost%3A3000")
        }
    }

    @Test("14 Only credentials providers with sessions in the store is a configuration like any other (deviation)")
    func credentialsWithDatabase() async throws {
        try await withSite({ $0.tokenFormat = .reference }) { site in
            var browser = site.browser()
            try await browser.signIn()
            #expect(try await browser.isSignedIn())
        }
    }

    @Test("15 A warning is made once for a configuration, not for every request")
    func warningsOnce() async throws {
        try await withSite({ $0.secrets = ["short"] }) { site in
            var browser = site.browser()
            for _ in 0..<3 { try await browser.get("session") }
            #expect(site.log.values.filter { $0.contains("secret is shorter") }.count <= 1)
        }
        var configuration = Site.configuration(clock: ManualClock())
        configuration.secrets = ["short"]
        #expect(configuration.warnings.filter { $0.contains("secret is shorter") }.count == 1)
    }

    @Test("136 Without a directory, of several providers that may call two people the same the operator is warned")
    func sharedIDs() {
        var configuration = Site.configuration(clock: ManualClock())
        func warned() -> Bool { configuration.warnings.contains { $0.contains("is one user") } }
        #expect(!warned(), "one provider's ids are its own")
        configuration.providers.append(.redirecting(NamedProvider("a")))
        #expect(configuration.warnings.contains { $0.contains("several of credentials, a is one user") })
        configuration.directory = .store
        #expect(!warned())
    }

    @Test("Anything outside the base path is none of our business")
    func outside() async throws {
        try await withSite { site in
            var browser = site.browser()
            for path in ["/api/authors", "/api", "/api/authx/session", "/session", "/"] {
                let reply = try await browser.get(path)
                #expect(reply.status == 404, "\(path)")
                #expect(reply.setCookies.isEmpty)
            }
        }
    }
}
