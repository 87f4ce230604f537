import HTTPTypes
import JSON
import Tessera
import TesseraCore
import Testing

@Suite("Linking and unlinking one's own accounts")
struct OwnAccountsTests {
    private static let page: HTTPFields = [.accept: "text/html"]

    @Test("An account is linked explicitly: the session goes on, and both ways lead in")
    func link() async throws {
        try await withAccounts { site in
            var browser = site.browser()
            try await browser.signIn(at: "a", as: "ada")
            let (user, session) = (try browser.user(), try browser.claims()["sid"])
            #expect(try await browser.link("b", as: "ada-b").location == "\(Site.base)/account?done=account-linked")
            #expect(try browser.claims()["sid"] == session)
            let accounts = try await browser.get("accounts").json["accounts"]?.array ?? []
            #expect(accounts.map { $0.object?["provider"] } == ["a", "b"])
            var other = site.browser()
            try await other.signIn(at: "b", as: "ada-b")
            #expect(try other.user() == user)
        }
    }

    @Test("Somebody else's account is not linked")
    func taken() async throws {
        try await withAccounts { site in
            var bob = site.browser()
            try await bob.signIn(at: "b", as: "bob")
            var ada = site.browser()
            try await ada.signIn(at: "a", as: "ada")
            #expect(try await ada.link("b", as: "bob").location == "\(Site.base)/account?done=account-taken")
            #expect(try await ada.get("accounts").json["accounts"]?.array?.count == 1)
        }
    }

    @Test("Without the CSRF token, without a session, without a recent sign-in: nothing is begun")
    func refusals() async throws {
        let clock = ManualClock()
        try await withAccounts(clock: clock) { site in
            var browser = site.browser()
            try await browser.signIn(at: "a", as: "ada")
            #expect(try await browser.post("accounts/b/link").errorCode == "csrf_token_invalid")
            var stranger = site.browser()
            #expect(try await stranger.post("accounts/b/link", ["csrfToken": stranger.csrf()]).status == 401)
            #expect(try await browser.post("accounts/x/link", ["csrfToken": browser.csrf()]).status == 404)
            #expect(try await browser.post("accounts/credentials/link", ["csrfToken": browser.csrf()]).status == 404)
            clock.advance(.minutes(16))
            let late = try await browser.post("accounts/b/link", ["csrfToken": browser.csrf()])
            #expect(late.status == 403)
            #expect(late.errorCode == "recent_sign_in_required")
            let page = try await browser.post("accounts/b/link", ["csrfToken": browser.csrf()], headers: Self.page)
            #expect(page.location?.contains("error=RecentSignInRequired") == true)
        }
    }

    @Test("A journey that was begun to link does so in its own session only")
    func otherSession() async throws {
        try await withAccounts { site in
            var browser = site.browser()
            try await browser.signIn(at: "a", as: "ada")
            try await browser.post("accounts/b/link", ["csrfToken": browser.csrf()])
            let checks = browser
            // In between, somebody else signs in at the same browser.
            try await browser.signOut()
            try await browser.signIn(at: "a", as: "mallory")
            for name in checks.jar.names where name.contains("state") { browser.jar[name] = checks.jar[name] }
            let reply = try await browser.get("callback/b?state=\(NamedProvider.state)&sub=victim")
            #expect(reply.location == "\(Site.base)/error?error=RecentSignInRequired")
            #expect(try await browser.get("accounts").json["accounts"]?.array?.count == 1)
        }
    }

    @Test("A provider that does not vouch leads back to the account page, and the session stays")
    func failed() async throws {
        try await withAccounts { site in
            var browser = site.browser()
            try await browser.signIn(at: "a", as: "ada")
            try await browser.post("accounts/b/link", ["csrfToken": browser.csrf()])
            let reply = try await browser.get("callback/b?state=\(NamedProvider.state)")
            #expect(reply.location == "\(Site.base)/account?done=link-failed")
            #expect(try await browser.isSignedIn())
        }
    }

    @Test("An account is unlinked, but never the last way in")
    func unlink() async throws {
        let events = Recorder<String>()
        try await withAccounts({ $0.events.unlinkAccount = { events.add($0.account.provider) } }) { site in
            var browser = site.browser()
            try await browser.signIn(at: "a", as: "ada")
            let last = try await browser.post("accounts/a/unlink", ["csrfToken": browser.csrf(), "account": "ada"])
            #expect(last.status == 409)
            #expect(last.errorCode == "last_way_in")
            try await browser.link("b", as: "ada-b")
            #expect(try await browser.post("accounts/a/unlink", ["account": "ada"]).status == 403)
            let unknown = try await browser.post("accounts/a/unlink", ["csrfToken": browser.csrf(), "account": "x"])
            #expect(unknown.errorCode == "account_not_found")
            let done = try await browser.post(
                "accounts/a/unlink", ["csrfToken": browser.csrf(), "account": "ada"], headers: Self.page)
            #expect(done.location == "\(Site.base)/account?done=account-unlinked")
            let page = try await browser.post(
                "accounts/b/unlink", ["csrfToken": browser.csrf(), "account": "ada-b"], headers: Self.page)
            #expect(page.location == "\(Site.base)/account?done=last-way-in")
            #expect(events.values == ["a"])
            // The account is free again, and its next sign-in makes a new user.
            var other = site.browser()
            try await other.signIn(at: "a", as: "ada")
            #expect(try other.user() != browser.user())
        }
    }

    @Test("Unlinking takes a recent sign-in, and nobody unlinks another's")
    func unlinkRefused() async throws {
        let clock = ManualClock()
        try await withAccounts(clock: clock) { site in
            var bob = site.browser()
            try await bob.signIn(at: "a", as: "bob")
            var ada = site.browser()
            try await ada.signIn(at: "a", as: "ada")
            try await ada.link("b", as: "ada-b")
            let foreign = try await ada.post("accounts/a/unlink", ["csrfToken": ada.csrf(), "account": "bob"])
            #expect(foreign.status == 404)
            clock.advance(.minutes(16))
            let late = try await ada.post("accounts/b/unlink", ["csrfToken": ada.csrf(), "account": "ada-b"])
            #expect(late.errorCode == "recent_sign_in_required")
            #expect(try await ada.get("accounts").json["accounts"]?.array?.count == 2)
        }
    }

    @Test("The account page shows what is linked with its buttons, and what can be")
    func page() async throws {
        try await withAccounts { site in
            var browser = site.browser()
            try await browser.signIn(at: "a", as: "ada")
            let single = try await browser.get("account").body
            #expect(single.contains("Named a"))
            #expect(!single.contains("accounts/a/unlink"))
            #expect(single.contains("action=\"\(Site.base)/accounts/b/link\""))
            try await browser.link("b", as: "ada-b")
            let both = try await browser.get("account?done=account-linked").body
            #expect(both.contains("action=\"\(Site.base)/accounts/a/unlink\""))
            #expect(both.contains("name=\"account\" value=\"ada-b\""))
            #expect(!both.contains("accounts/b/link"))
            #expect(both.contains("The account was linked."))
        }
    }

    @Test("Without a directory there are no accounts, and the page says nothing of them")
    func noDirectory() async throws {
        try await withSite({ $0.providers = [.redirecting(NamedProvider("a")), Site.credentials] }) { site in
            var browser = site.browser()
            try await browser.signIn()
            #expect(try await browser.get("accounts").json["accounts"]?.array?.isEmpty == true)
            #expect(try await browser.post("accounts/a/link", ["csrfToken": browser.csrf()]).status == 404)
            #expect(try await browser.get("accounts/a/token").status == 404)
            #expect(try await !browser.get("account").body.contains("Ways to sign in"))
        }
    }
}
