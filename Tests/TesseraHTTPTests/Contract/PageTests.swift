import HTTPTypes
import Tessera
import TesseraPages
import Testing

@Suite("Contract 10: pages and errors")
struct PageTests {
    private static let signInCodes = [
        "Signin", "OAuthSignin", "OAuthCallback", "OAuthCreateAccount", "EmailCreateAccount", "Callback",
        "OAuthAccountNotLinked", "EmailSignin", "CredentialsSignin", "SessionRequired",
    ]

    @Test("159 GET error with a code of signing in leads to the sign-in page", arguments: signInCodes)
    func signInErrors(code: String) async throws {
        try await withSite { site in
            var browser = site.browser()
            for path in ["error?error=\(code)&provider=x", "error/\(code)"] {
                let reply = try await browser.get(path)
                #expect(reply.status == 302)
                #expect(reply.location == "\(Site.base)/signin?error=\(code)")
            }
            let page = try await browser.get("signin?error=\(code)")
            #expect(page.status == 200)
            #expect(page.body.contains(#"role="alert""#))
        }
    }

    @Test(
        "160, 161 AccessDenied and Verification are 403, Configuration 500, others 200; case does not matter",
        arguments: [
            ("AccessDenied", 403), ("accessdenied", 403), ("Verification", 403), ("VERIFICATION", 403),
            ("Configuration", 500), ("configuration", 500), ("Default", 200), ("anything", 200), ("", 200),
        ])
    func errorStatus(code: String, status: Int) async throws {
        try await withSite { site in
            var browser = site.browser()
            let reply = try await browser.get("error?error=\(code)")
            #expect(reply.status == status)
            #expect(reply.contentType?.hasPrefix("text/html") == true)
            #expect(try await browser.get("error").status == 200)
        }
    }

    @Test("161 A code that is none is not repeated on the page")
    func noEcho() async throws {
        try await withSite { (site: Site) async throws in
            var browser = site.browser()
            for path in ["error?error=%3Cscript%3Ex", "signin?error=%3Cscript%3Ex", "error/%3Cscript%3Ex"] {
                #expect(try await !browser.get(path).body.contains("<script>x"))
            }
        }
    }

    @Test("162 An own error page gets the code, with & where it has a query; a missing code is Default (deviation)")
    func ownErrorPage() async throws {
        try await withSite({ $0.pages.error = "/err?x=1" }) { (site: Site) async throws in
            var browser = site.browser()
            #expect(try await browser.get("error?error=AccessDenied").location == "/err?x=1&error=AccessDenied")
            #expect(try await browser.get("error?error=a%26b%20c").location == "/err?x=1&error=a%26b%20c")
            #expect(try await browser.get("error").location == "/err?x=1&error=Default")
            #expect(try await browser.get("error?error=Signin").location == "\(Site.base)/signin?error=Signin")
        }
    }

    @Test("163 An own sign-in page gets callbackUrl and error, encoded; the error is the query's only (deviation)")
    func ownSignInPage() async throws {
        try await withSite({ $0.pages.signIn = "/login" }) { site in
            var browser = site.browser()
            // A browser would repair the space: refused, as in every callback URL.
            #expect(try await browser.get("signin?callbackUrl=/a%20b&error=Callback").status == 400)
            let other = try await browser.get("signin/github?callbackUrl=/a%3Fb=c&error=a%20%26")
            #expect(other.location == "/login?callbackUrl=http%3A%2F%2Flocalhost%3A3000%2Fa%3Fb%3Dc&error=a%20%26")
            let without = try await browser.get("signin/github")
            #expect(without.location?.contains("error=") == false)
        }
    }

    @Test("164 The sign-in page lists providers in their order, each with its form's target")
    func order() async throws {
        try await withSite({
            $0.providers = [
                .redirecting(Elsewhere(id: "github")), Site.credentials, .redirecting(Elsewhere(id: "gitlab")),
            ]
        }) { site in
            var browser = site.browser()
            let page = try await browser.get("signin?callbackUrl=/after")
            #expect(page.status == 200)
            let actions = page.body.split(separator: "<form action=\"").dropFirst().map { $0.prefix { $0 != "\"" } }
            #expect(
                actions == [
                    "\(Site.base)/signin/github", "\(Site.base)/callback/credentials", "\(Site.base)/signin/gitlab",
                ])
            let token = try await browser.csrf()
            #expect(page.body.split(separator: "name=\"csrfToken\" value=\"\(token)\"").count == 4)
            #expect(page.body.contains("name=\"callbackUrl\" value=\"http://localhost:3000/after\""))
            #expect(page.body.contains("name=\"password\" type=\"password\""))
        }
    }

    @Test("164 The form of the page signs in as it stands")
    func formWorks() async throws {
        try await withSite { site in
            var browser = site.browser()
            let page = try await browser.get("signin?callbackUrl=/after")
            let token = try #require(page.body.split(separator: "name=\"csrfToken\" value=\"").last).prefix {
                $0 != "\""
            }
            let reply = try await browser.post(
                "callback/credentials", ["csrfToken": String(token), "username": "alice", "password": "wonderland"])
            #expect(reply.status == 302)
            #expect(reply.location == "http://localhost:3000/after")
        }
    }

    @Test("165 Query parameters other than error and email do not reach the page")
    func parameters() async throws {
        try await withSite { site in
            var browser = site.browser()
            let plain = try await browser.get("signin")
            let odd = try await browser.get(
                "signin?csrfToken=evil&providers=evil&theme=evil&colorScheme=dark&username=evil")
            #expect(odd.body == plain.body)
        }
    }

    @Test("166 The theme's class is on the body", arguments: ["auto", "dark", "light"])
    func theme(scheme: String) async throws {
        try await withSite({ $0.theme = PageTheme(colorScheme: scheme) }) { (site: Site) async throws in
            var browser = site.browser()
            for path in ["signin", "signout", "error", "verify-request"] {
                #expect(try await browser.get(path).body.contains("<body class=\"__next-auth-theme-\(scheme)\">"))
            }
        }
    }

    @Test("167 Own pages for verify-request and signout are redirects, verbatim")
    func verbatim() async throws {
        try await withSite({
            $0.pages.verifyRequest = "/check?mail=1"
            $0.pages.signOut = "https://example.com/bye"
        }) { site in
            var browser = site.browser()
            let verify = try await browser.get("verify-request?provider=email&type=email")
            #expect(verify.status == 302)
            #expect(verify.location == "/check?mail=1")
            #expect(try await browser.get("signout?x=1").location == "https://example.com/bye")
        }
    }

    @Test(
        "Pages run no script, fit in no frame, and are stored nowhere",
        arguments: ["signin", "signout", "error", "verify-request", "account"])
    func pageHeaders(path: String) async throws {
        try await withSite { site in
            var browser = site.browser()
            try await browser.signIn()
            let page = try await browser.get(path)
            #expect(page.status == 200)
            let policy = try #require(page.header("Content-Security-Policy"))
            #expect(policy.contains("default-src 'none'"))
            #expect(policy.contains("frame-ancestors 'none'"))
            #expect(!policy.contains("unsafe"))
            #expect(page.header("X-Frame-Options") == "DENY")
            #expect(page.header("Cache-Control")?.contains("no-store") == true)
            #expect(!page.body.contains("<script"))
        }
    }
}
