import HTTPTypes
import JSON
import Tessera
import TesseraCore
import TesseraRuntime
import TesseraTestKit
import TesseraTokens
import Testing

/// A site with sign-in by e-mail, whose messages a test can read.
struct MailSite {
    let outbox: Outbox
    let clock: ManualClock

    /// The link in the newest message.
    func link() throws -> String { try #require(outbox.sent.values.last).url }

    /// A link's path and query, as a browser opens it.
    func path() throws -> String { String(try link().dropFirst(Site.origin.count)) }

    /// One parameter of the newest link.
    func parameter(_ name: String) throws -> String {
        let query = try link().split(separator: "?")[1].split(separator: "&")
        let pair = try #require(query.first { $0.hasPrefix("\(name)=") })
        return Browser.decode(String(pair.dropFirst(name.count + 1)))
    }
}

private func withMail(
    _ change: (inout TesseraConfiguration) -> Void = { _ in }, provider: (Outbox) -> EmailProvider = { .sample($0) },
    clock: ManualClock = ManualClock(), _ body: @Sendable (Site, MailSite) async throws -> Void
) async throws {
    let outbox = Outbox()
    try await withAccounts(
        {
            $0.providers.append(.email(provider(outbox)))
            change(&$0)
        }, clock: clock
    ) { site in try await body(site, MailSite(outbox: outbox, clock: clock)) }
}

extension EmailProvider {
    fileprivate static func sample(_ outbox: Outbox) -> EmailProvider {
        EmailProvider(from: "Example <no-reply@example.com>", sender: outbox)
    }
}

extension Browser {
    /// Asks for a link.
    @discardableResult
    mutating func ask(_ address: String, callbackURL: String = "/home") async throws -> Reply {
        try await post("signin/email", ["csrfToken": csrf(), "email": address, "callbackUrl": callbackURL])
    }

    /// Opens a link and presses the page's button.
    @discardableResult
    mutating func follow(_ mail: MailSite) async throws -> Reply {
        try await get(try mail.path())
        return try await post(
            "callback/email",
            [
                "csrfToken": csrf(), "token": mail.parameter("token"), "email": mail.parameter("email"),
                "callbackUrl": mail.parameter("callbackUrl"),
            ])
    }
}

@Suite("Contract 10: e-mail links")
struct EmailTests {
    private static let verification = "\(Site.base)/error?error=Verification"
    private static let failed = "\(Site.base)/error?error=EmailSignin"

    @Test(
        "138, 143 A request leads to the page that says so; the link has token, address and where to go, the store a hash"
    )
    func request() async throws {
        try await withMail { site, mail in
            var browser = site.browser()
            let reply = try await browser.ask(" Bob@Example.COM ")
            #expect(reply.location == "\(Site.base)/verify-request?provider=email&type=email")
            let sent = try #require(mail.outbox.sent.values.first)
            #expect(sent.to == "bob@example.com")
            #expect(sent.subject == "Sign in to localhost:3000")
            let token = try mail.parameter("token")
            #expect(token.utf8.count == 64)
            #expect(
                sent.url
                    == "\(Site.base)/callback/email?callbackUrl=http%3A%2F%2Flocalhost%3A3000%2Fhome"
                    + "&token=\(token)&email=bob%40example.com")
            #expect(sent.text.contains(sent.url))
            #expect(sent.html.contains("token=\(token)"))
        }
    }

    @Test("143 The store keeps hex(SHA-256(token + secret)), and never the token")
    func hash() async throws {
        let ring = try #require(Secret(Site.secret).flatMap { SecretRing([$0]) })
        let links = try LinkTokens(ring: ring)
        #expect(try links.hash(of: "ABC123") == "71a1fd63c6c153a915afbd125eb60fee46a879bd8a0e1150e9ae88c548f05eb6")
        let directory = InMemoryDirectory()
        let (clock, outbox) = (ManualClock(), Outbox())
        var configuration = Site.configuration(clock: clock)
        configuration.directory = .store
        configuration.providers = [.email(.sample(outbox))]
        let tessera = try await Tessera.open(
            configuration, over: OpenedStore(store: InMemoryStore(), directory: directory, attempts: directory))
        try await withSite(tessera, clock: clock) { site in
            var browser = site.browser()
            try await browser.ask("a@b.c")
            let token = try MailSite(outbox: outbox, clock: clock).parameter("token")
            #expect(directory.hashes == [try links.hash(of: token)])
        }
    }

    @Test("145 The provider's own secret takes the place of the deployment's")
    func ownSecret() throws {
        let ring = try #require(Secret(Site.secret).flatMap { SecretRing([$0]) })
        let links = try LinkTokens(ring: ring)
        let own = try #require(Secret("nextauth-conformance-secret-0001"))
        let other = try #require(Secret("another"))
        #expect(try links.hash(of: "ABC123", secret: own) == links.hash(of: "ABC123"))
        #expect(try links.hash(of: "ABC123", secret: other) != links.hash(of: "ABC123"))
        #expect(try links.hashes(of: "ABC123", secret: other) == [links.hash(of: "ABC123", secret: other)])
    }

    @Test("139 The signIn callback is asked twice: before the message is sent, and when the link is followed")
    func callback() async throws {
        let seen = Recorder<String>()
        let verdict = Switch(SignInVerdict.allow)
        try await withMail({
            $0.callbacks.signIn = { attempt in
                seen.add(
                    "\(attempt.isEmailRequest) \(attempt.account.providerAccountID) \(attempt.account.type.rawValue)")
                return verdict.value
            }
        }) { site, mail in
            var browser = site.browser()
            verdict.value = .deny
            #expect(try await browser.ask("a@b.c").location == "\(Site.base)/error?error=AccessDenied")
            verdict.value = .redirect("/no")
            #expect(try await browser.ask("a@b.c").location == "/no")
            #expect(mail.outbox.sent.values.isEmpty)
            verdict.value = .allow
            try await browser.ask("a@b.c")
            verdict.value = .deny
            #expect(try await browser.follow(mail).location == "\(Site.base)/error?error=AccessDenied")
            #expect(try await !browser.isSignedIn())
            #expect(seen.values.map { $0.prefix(4) } == ["true", "true", "true", "fals"])
            #expect(seen.values.allSatisfy { $0.hasSuffix(" a@b.c email") })
        }
    }

    @Test(
        "140, 142 What is no address is EmailSignin; nobody is asked and nothing is sent",
        arguments: ["", "a", "a@b", "a@b@c.d", "a\u{FF20}b@c.d", "\"a\"@b.c", "a@b.c\r\nBcc: x@y.z"])
    func invalid(address: String) async throws {
        let asked = Recorder<Bool>()
        try await withMail({
            $0.callbacks.signIn = { _ in
                asked.add(true)
                return .allow
            }
        }) { site, mail in
            var browser = site.browser()
            let reply = try await browser.ask(address)
            #expect(reply.location == Self.failed)
            #expect(asked.values.isEmpty)
            #expect(mail.outbox.sent.values.isEmpty)
        }
    }

    @Test("140 A list is cut to the first domain, and full-width letters are brought to their plain form")
    func normalized() async throws {
        try await withMail { site, mail in
            var browser = site.browser()
            try await browser.ask("email@email.com,email2.com")
            #expect(mail.outbox.sent.values.last?.to == "email@email.com")
            try await browser.ask("ａ@ｂ.ｃ")
            #expect(mail.outbox.sent.values.last?.to == "a@b.c")
        }
    }

    @Test("141 A normalizer of the application's that throws is EmailSignin, logged with the provider's id")
    func ownNormalizer() async throws {
        try await withMail(provider: { outbox in
            EmailProvider(from: "a@b.c", sender: outbox) { text in
                guard text != "bad" else { throw SampleError() }
                return "own-\(text)@b.c"
            }
        }) { site, mail in
            var browser = site.browser()
            #expect(try await browser.ask("bad").location == Self.failed)
            #expect(mail.outbox.sent.values.isEmpty)
            #expect(
                site.log.values.contains { $0.contains("code=SIGNIN_EMAIL_ERROR") && $0.contains("provider=email") })
            try await browser.ask("good")
            #expect(mail.outbox.sent.values.first?.to == "own-good@b.c")
        }
    }

    @Test(
        "144, 146 A link works for a day, or as long as the provider says, and not a moment longer",
        arguments: [Int64(86_400), 600])
    func lifetime(seconds: Int64) async throws {
        let clock = ManualClock()
        try await withMail(
            provider: { outbox in
                seconds == 86_400
                    ? .sample(outbox) : EmailProvider(maxAge: .seconds(seconds), from: "a@b.c", sender: outbox)
            }, clock: clock
        ) { site, mail in
            var browser = site.browser()
            try await browser.ask("a@b.c")
            clock.advance(.seconds(seconds))
            #expect(try await browser.follow(mail).location == Self.verification)
            try await browser.ask("a@b.c")
            clock.advance(.seconds(seconds - 1))
            try await browser.follow(mail)
            #expect(try await browser.isSignedIn())
        }
    }

    @Test("146 A link works once, for its address, with its token; whatever else is Verification")
    func once() async throws {
        try await withMail { site, mail in
            var browser = site.browser()
            try await browser.ask("a@b.c")
            let token = try mail.parameter("token")
            for form in [("x\(token)", "a@b.c"), (token, "x@b.c"), (token, "")] as [(String, String)] {
                let reply = try await browser.post(
                    "callback/email", ["csrfToken": browser.csrf(), "token": form.0, "email": form.1])
                #expect(reply.location == Self.verification)
            }
            #expect(try await browser.follow(mail).location == "\(Site.origin)/home")
            var other = site.browser()
            #expect(try await other.follow(mail).location == Self.verification)
            #expect(try await !other.isSignedIn())
        }
    }

    @Test("146 Of many who follow one link at once, one is signed in")
    func race() async throws {
        try await withMail { site, mail in
            var browser = site.browser()
            try await browser.ask("a@b.c")
            let count = try await withThrowingTaskGroup(of: Int.self) { group in
                for _ in 0..<8 {
                    group.addTask {
                        var one = site.browser()
                        try await one.follow(mail)
                        return try await one.isSignedIn() ? 1 : 0
                    }
                }
                return try await group.reduce(0, +)
            }
            #expect(count == 1)
        }
    }

    @Test("147 A link without token is error=configuration")
    func noToken() async throws {
        try await withMail { site, _ in
            var browser = site.browser()
            let configuration = "\(Site.base)/error?error=configuration"
            let opened = try await browser.get("callback/email?email=a%40b.c")
            #expect(opened.location == configuration)
            #expect(try await browser.post("callback/email", ["csrfToken": browser.csrf()]).location == configuration)
        }
    }

    @Test("148 E4: a new address makes a user, verified")
    func newUser() async throws {
        let events = Recorder<String>()
        try await withMail({
            $0.pages.newUser = "/welcome"
            $0.events.createUser = { events.add("create \($0.user.email ?? "")") }
            $0.events.updateUser = { _ in events.add("update") }
            $0.events.signIn = { events.add("signIn \($0.isNewUser == true)") }
        }) { site, mail in
            var browser = site.browser()
            try await browser.ask("a@b.c")
            let reply = try await browser.follow(mail)
            #expect(reply.location == "/welcome?callbackUrl=http%3A%2F%2Flocalhost%3A3000%2Fhome")
            #expect(events.values == ["create a@b.c", "signIn true"])
            #expect(try browser.claims()["email"] == "a@b.c")
            let user = try #require(try browser.user().flatMap { UserID($0) })
            let known = try await site.tessera.flow.settings.accounts?.directory.user(user)
            #expect(known?.emailVerified == site.clock.now)
        }
    }

    @Test("149 E1, E3: a known address signs its user in, verified now, also after OAuth")
    func knownUser() async throws {
        let events = Recorder<String>()
        try await withMail({ $0.events.updateUser = { events.add($0.user.email ?? "") } }) { site, mail in
            var oauth = site.browser()
            try await oauth.signIn(at: "a", as: "ada", email: "Ada@b.c")
            var browser = site.browser()
            try await browser.ask("ada@B.c")
            try await browser.follow(mail)
            #expect(try browser.user() == oauth.user())
            #expect(events.values == ["ada@b.c"])
            // E1: signed in as the same user, his session makes way for the new one.
            let before = browser
            try await browser.ask("ada@b.c")
            try await browser.follow(mail)
            var old = before
            #expect(try await !old.isSignedIn())
        }
    }

    @Test("150 E2: whoever was signed in before makes way")
    func otherUser() async throws {
        try await withMail { site, mail in
            var browser = site.browser()
            try await browser.signIn(at: "a", as: "ada")
            let before = browser
            try await browser.ask("bob@b.c")
            try await browser.follow(mail)
            #expect(try browser.user() != before.user())
            var old = before
            #expect(try await !old.isSignedIn())
        }
    }

    @Test("151 A message that cannot be sent is EmailSignin, and the log says why")
    func notSent() async throws {
        try await withMail { site, mail in
            mail.outbox.failure.value = MailError(.refused, "mail.example.com:587: the server said: 550 no")
            var browser = site.browser()
            let reply = try await browser.ask("a@b.c")
            #expect(reply.location == Self.failed)
            #expect(site.log.values.contains { $0.contains("550 no") })
        }
    }

    @Test("152 Opening a link uses nothing up, however often; only the page's button does")
    func scanners() async throws {
        try await withMail { site, mail in
            var browser = site.browser()
            try await browser.ask("a@b.c")
            for _ in 0..<3 {
                var scanner = site.browser()
                let page = try await scanner.get(try mail.path())
                #expect(page.status == 200)
                #expect(page.body.contains("action=\"\(Site.base)/callback/email\""))
                #expect(try await !scanner.isSignedIn())
                #expect(try await scanner.send(.head, try mail.path()).status == 400)
            }
            try await browser.follow(mail)
            #expect(try await browser.isSignedIn())
        }
    }

    @Test("152 Without the CSRF token of the page nobody is signed in, and the link stays good")
    func csrf() async throws {
        try await withMail { site, mail in
            var browser = site.browser()
            try await browser.ask("a@b.c")
            var victim = site.browser()
            let form = try ["token": mail.parameter("token"), "email": mail.parameter("email")]
            let reply = try await victim.post(
                "callback/email", ["token": form["token"] ?? "", "email": form["email"] ?? ""])
            #expect(reply.location?.hasPrefix("\(Site.base)/callback/email?callbackUrl=") == true)
            #expect(try await !victim.isSignedIn())
            try await browser.follow(mail)
            #expect(try await browser.isSignedIn())
        }
    }

    @Test("The page warns where the link is opened in another browser than the one that asked")
    func otherBrowser() async throws {
        try await withMail { site, mail in
            var browser = site.browser()
            try await browser.ask("a@b.c")
            let warning = "not asked for in this browser"
            #expect(try await !browser.get(try mail.path()).body.contains(warning))
            var other = site.browser()
            #expect(try await other.get(try mail.path()).body.contains(warning))
            // Neither another address nor another link is what this browser asked for.
            let path = try mail.path()
            #expect(try await browser.get(path.replacing("a%40b.c", with: "x%40b.c")).body.contains(warning))
            try await browser.follow(mail)
            #expect(!browser.jar.names.contains { $0.contains("-mail") })
        }
    }

    @Test("The page shows what the address says and nothing becomes markup")
    func markup() async throws {
        try await withMail { site, _ in
            var browser = site.browser()
            let page = try await browser.get("callback/email?token=%22%3E%3Cscript%3E&email=%3Cb%3E")
            #expect(!page.body.contains("<script>") && !page.body.contains("<b>"))
            #expect(page.header("Content-Security-Policy") != nil)
            #expect(page.header("Referrer-Policy") == "same-origin")
        }
    }

    @Test("Too many messages to one address are refused, whoever asks and whether or not a user has it")
    func limits() async throws {
        let clock = ManualClock()
        try await withMail(clock: clock) { site, mail in
            var known = site.browser()
            try await known.signIn(at: "a", as: "ada", email: "ada@b.c")
            for address in ["ada@b.c", "nobody@b.c"] {
                var browser = site.browser()
                for _ in 0..<3 {
                    #expect(try await browser.ask(address).location?.contains("verify-request") == true)
                }
                let refused = try await browser.ask(address)
                #expect(refused.location == "\(Site.base)/error?error=TooManyAttempts")
                let json = try await browser.post(
                    "signin/email", ["csrfToken": browser.csrf(), "email": address, "json": "true"])
                #expect(json.status == 429)
                #expect((Int(json.header("Retry-After") ?? "") ?? 0) > 0)
            }
            #expect(mail.outbox.sent.values.count == 6)
            clock.advance(.seconds(121))
            var browser = site.browser()
            #expect(try await browser.ask("ada@b.c").location?.contains("verify-request") == true)
        }
    }

    @Test("What is answered is the same whether or not a user has the address")
    func nothingTold() async throws {
        try await withMail { site, _ in
            var known = site.browser()
            try await known.signIn(at: "a", as: "ada", email: "ada@b.c")
            var replies: [Reply] = []
            for address in ["ada@b.c", "nobody@b.c"] {
                var browser = site.browser()
                replies.append(try await browser.ask(address))
            }
            #expect(replies[0].status == replies[1].status)
            #expect(replies[0].location == replies[1].location)
            #expect(replies[0].setCookies.map(\.name).count == replies[1].setCookies.map(\.name).count)
            #expect(replies[0].body == replies[1].body)
        }
    }

    @Test("8 Sign-in by e-mail without a directory is a configuration error in words (deviation)")
    func noDirectory() {
        var configuration = Site.configuration(clock: ManualClock())
        configuration.providers = [.email(.sample(Outbox()))]
        #expect(configuration.problems.contains { $0.contains("needs a directory") })
    }
}
