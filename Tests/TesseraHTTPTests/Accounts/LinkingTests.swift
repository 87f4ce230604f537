import JSON
import Synchronization
import Tessera
import TesseraCore
import TesseraRuntime
import TesseraTestKit
import Testing

/// An application whose users live in a directory.
func withAccounts<Value: Sendable>(
    _ change: (inout TesseraConfiguration) -> Void = { _ in }, clock: ManualClock = ManualClock(),
    _ body: @Sendable (Site) async throws -> Value
) async throws -> Value {
    try await withSite(
        {
            $0.directory = .store
            $0.providers = [
                .redirecting(NamedProvider("a")), .redirecting(NamedProvider("b")),
                .redirecting(NamedProvider("trusted", dangerous: true)), Site.credentials,
            ]
            change(&$0)
        }, clock: clock, body)
}

@Suite("Contract 10: linking")
struct LinkingTests {
    private static let notLinked = "\(Site.base)/error?error=OAuthAccountNotLinked"

    @Test("125 O1: the owner's own account signs him in anew; the session is a new one (deviation)")
    func o1() async throws {
        try await withAccounts { site in
            var browser = site.browser()
            try await browser.signIn(at: "a", as: "ada", email: "ada@example.com")
            let before = browser
            #expect(try await browser.signIn(at: "a", as: "ada").location == "\(Site.origin)/home")
            #expect(try browser.user() == before.user())
            #expect(try browser.claims()["sid"] != before.claims()["sid"])
            var old = before
            #expect(try await !old.isSignedIn())
        }
    }

    @Test("126 O2: somebody else's account is refused, and changes nothing")
    func o2() async throws {
        try await withAccounts { site in
            var ada = site.browser()
            try await ada.signIn(at: "a", as: "ada")
            var bob = site.browser()
            try await bob.signIn(at: "b", as: "bob")
            let user = try bob.user()
            #expect(try await bob.signIn(at: "a", as: "ada").location == Self.notLinked)
            #expect(try await bob.isSignedIn())
            #expect(try bob.user() == user)
        }
    }

    @Test("127 O3: a known account signs its owner in, wherever he is")
    func o3() async throws {
        try await withAccounts { site in
            var browser = site.browser()
            try await browser.signIn(at: "a", as: "ada", email: "ada@example.com", extra: "&name=Ada")
            var other = site.browser()
            try await other.signIn(at: "a", as: "ada", email: "new@example.com", extra: "&name=Other")
            #expect(try other.user() == browser.user())
            // What the directory knows counts, not what the provider says later.
            #expect(try other.claims()["email"] == "ada@example.com")
            #expect(try other.claims()["name"] == "Ada")
            #expect(try await browser.isSignedIn())
        }
    }

    @Test("128 O4: an unknown account is linked to who is signed in despite other addresses; nobody is made")
    func o4() async throws {
        let created = Recorder<String>()
        try await withAccounts({ $0.events.createUser = { created.add($0.user.id) } }) { site in
            var browser = site.browser()
            try await browser.signIn(at: "a", as: "ada", email: "ada@example.com")
            let user = try browser.user()
            try await browser.signIn(at: "b", as: "ada-b", email: "elsewhere@example.com")
            #expect(try browser.user() == user)
            var other = site.browser()
            try await other.signIn(at: "b", as: "ada-b")
            #expect(try other.user() == user)
            #expect(created.values.count == 1)
        }
    }

    @Test("128 O4: not for a session that has grown old; signing in again helps (deviation)")
    func o4NotRecent() async throws {
        let clock = ManualClock()
        try await withAccounts(clock: clock) { site in
            var browser = site.browser()
            try await browser.signIn(at: "a", as: "ada")
            let user = try browser.user()
            clock.advance(.minutes(16))
            let refused = try await browser.signIn(at: "b", as: "ada-b")
            #expect(refused.location == "\(Site.base)/error?error=RecentSignInRequired")
            #expect(try await browser.isSignedIn())
            try await browser.signIn(at: "a", as: "ada")
            try await browser.signIn(at: "b", as: "ada-b")
            #expect(try browser.user() == user)
        }
    }

    @Test("129 O5: an unknown account with a known address is refused, and nothing is written")
    func o5() async throws {
        let linked = Recorder<String>()
        try await withAccounts({ $0.events.linkAccount = { linked.add($0.account.provider) } }) { site in
            var browser = site.browser()
            try await browser.signIn(at: "a", as: "ada", email: "ada@example.com")
            var other = site.browser()
            #expect(try await other.signIn(at: "b", as: "x", email: "ADA@example.com").location == Self.notLinked)
            #expect(try await !other.isSignedIn())
            #expect(linked.values == ["a"])
            // It is still unknown: with another address it makes a user.
            try await other.signIn(at: "b", as: "x", email: "x@example.com")
            #expect(try other.user() != browser.user())
        }
    }

    @Test("130 O6: linked where the operator trusts the provider; he is not new, and nobody was made (deviation)")
    func o6() async throws {
        let events = Recorder<String>()
        try await withAccounts({
            $0.events.createUser = { _ in events.add("create") }
            $0.events.linkAccount = { events.add("link \($0.account.provider)") }
            $0.events.signIn = { events.add("signIn \($0.isNewUser == true)") }
        }) { site in
            var browser = site.browser()
            try await browser.signIn(at: "a", as: "ada", email: "ada@example.com")
            events.removeAll()
            var other = site.browser()
            try await other.signIn(at: "trusted", as: "t", email: "ada@example.com")
            #expect(try other.user() == browser.user())
            #expect(events.values == ["link trusted", "signIn false"])
        }
    }

    @Test("130 O6: never with an address that the provider itself calls unverified (deviation)")
    func o6Unverified() async throws {
        try await withAccounts { site in
            var browser = site.browser()
            try await browser.signIn(at: "a", as: "ada", email: "ada@example.com")
            var thief = site.browser()
            try await thief.signIn(at: "trusted", as: "t", email: "ada@example.com", extra: "&verified=false")
            #expect(try thief.user() != nil)
            #expect(try thief.user() != browser.user())
        }
    }

    @Test("An unverified address takes nobody's place: its owner can still sign up with it")
    func unverifiedClaimsNothing() async throws {
        try await withAccounts { site in
            var thief = site.browser()
            try await thief.signIn(at: "a", as: "t", email: "ada@example.com", extra: "&verified=false")
            var ada = site.browser()
            try await ada.signIn(at: "b", as: "ada", email: "ada@example.com")
            #expect(try ada.user() != nil)
            #expect(try ada.user() != thief.user())
        }
    }

    @Test("131, 137 O7: a user is made and linked; the events come in order; his id is ours")
    func o7() async throws {
        let events = Recorder<String>()
        try await withAccounts({
            $0.pages.newUser = "/welcome"
            $0.events.createUser = { events.add("create \($0.user.email ?? "")") }
            $0.events.linkAccount = { events.add("link \($0.account.providerAccountID)") }
            $0.events.signIn = { events.add("signIn \($0.isNewUser == true)") }
        }) { site in
            var browser = site.browser()
            let reply = try await browser.signIn(at: "a", as: "ada", email: "Ada@Example.com")
            #expect(events.values == ["create ada@example.com", "link ada", "signIn true"])
            #expect(try browser.user() != "ada")
            #expect(reply.location == "/welcome?callbackUrl=http%3A%2F%2Flocalhost%3A3000%2Fhome")
            let again = try await browser.signIn(at: "a", as: "ada")
            #expect(again.location == "\(Site.origin)/home")
        }
    }

    @Test("132 Without an address nobody is looked up by one, and many may have none")
    func noAddress() async throws {
        try await withAccounts { site in
            var users: Set<String> = []
            for name in ["x", "y", "z"] {
                var browser = site.browser()
                try await browser.signIn(at: "a", as: name)
                users.insert(try #require(try browser.user()))
            }
            #expect(users.count == 3)
        }
    }

    @Test("133 A directory that cannot be asked is 503: nobody is signed in, made, or signed out (deviation)")
    func directoryDown() async throws {
        let directory = InMemoryDirectory()
        let clock = ManualClock()
        var configuration = Site.configuration(clock: clock)
        configuration.directory = .store
        configuration.providers = [.redirecting(NamedProvider("a"))]
        let tessera = try await Tessera.open(
            configuration, over: OpenedStore(store: InMemoryStore(), directory: directory, attempts: directory))
        try await withSite(tessera, clock: clock) { site in
            var browser = site.browser()
            try await browser.post("signin/a", ["csrfToken": browser.csrf()])
            directory.fail(with: StoreError(.unavailable, "switched off"))
            let path = "callback/a?state=\(NamedProvider.state)&sub=ada"
            let refused = try await browser.get(path)
            #expect(refused.status == 503)
            #expect(!refused.touchesSessionCookie)
            directory.fail(with: nil)
            #expect(directory.userCount == 0)
            try await browser.get(path)
            #expect(try await browser.isSignedIn())
        }
    }

    @Test("134 Of parallel first sign-ins with one account, all come out as one user")
    func parallel() async throws {
        try await withAccounts { site in
            let users = try await withThrowingTaskGroup(of: String?.self) { group in
                for _ in 0..<8 {
                    group.addTask {
                        var browser = site.browser()
                        try await browser.signIn(at: "a", as: "ada", email: "ada@example.com")
                        return try browser.user()
                    }
                }
                return try await group.reduce(into: Set<String?>()) { $0.insert($1) }
            }
            #expect(users.count == 1)
            #expect(!users.contains(nil))
        }
    }

    @Test("135 An expired session does not count as signed in: no account is linked to it")
    func expiredSession() async throws {
        let clock = ManualClock()
        try await withAccounts(clock: clock) { site in
            var browser = site.browser()
            try await browser.signIn(at: "a", as: "ada")
            let (user, token) = (try browser.user(), browser.token)
            clock.advance(.days(31))
            browser.token = token
            try await browser.signIn(at: "b", as: "other")
            #expect(try browser.user() != user)
        }
    }

    @Test("136 Without a directory the provider's id is the user's, and whether he is new is not known")
    func noDirectory() async throws {
        let events = Recorder<Bool?>()
        try await withSite({
            $0.providers = [.redirecting(NamedProvider("a"))]
            $0.events.signIn = { events.add($0.isNewUser) }
        }) { site in
            var browser = site.browser()
            try await browser.signIn(at: "a", as: "ada")
            #expect(try browser.user() == "ada")
            #expect(events.values == [nil])
        }
    }

    @Test(
        "123 The signIn callback sees the stored user where the account is known, and decides before anything is written"
    )
    func callback() async throws {
        let seen = Recorder<String>()
        let verdict = Switch(SignInVerdict.deny)
        try await withAccounts({
            $0.callbacks.signIn = { attempt in
                seen.add(attempt.user.id)
                return verdict.value
            }
        }) { site in
            var browser = site.browser()
            let denied = try await browser.signIn(at: "a", as: "ada", email: "ada@example.com")
            #expect(denied.location == "\(Site.base)/error?error=AccessDenied")
            verdict.value = .redirect("/elsewhere")
            #expect(try await browser.signIn(at: "a", as: "ada").location == "/elsewhere")
            verdict.value = .allow
            try await browser.signIn(at: "a", as: "ada")
            let user = try #require(try browser.user())
            try await browser.signIn(at: "a", as: "ada")
            #expect(seen.values == ["ada", "ada", "ada", user])
        }
    }

    @Test("Signed in with credentials, who has no place in the directory, nothing is linked to him")
    func notInDirectory() async throws {
        try await withAccounts { site in
            var browser = site.browser()
            try await browser.signIn("alice")
            try await browser.signIn(at: "a", as: "ada")
            #expect(try browser.user() != "user-alice")
        }
    }
}
