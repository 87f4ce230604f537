import JSON
import Tessera
import TesseraCore
import TesseraRuntime
import TesseraTokens
import Testing

@Suite("Access tokens over HTTP and in the library")
struct AccessTokenTests {
    @Test("A signed-in user's application gets the token; nobody else does, and no cache keeps it")
    func token() async throws {
        try await withAccounts { site in
            var browser = site.browser()
            try await browser.signIn(at: "a", as: "ada")
            let reply = try await browser.get("accounts/a/token")
            #expect(reply.status == 200)
            #expect(reply.header("Cache-Control")?.contains("no-store") == true)
            #expect(
                try reply.json == [
                    "provider": "a", "account": "ada", "accessToken": "first", "tokenType": "bearer",
                ])
            var stranger = site.browser()
            #expect(try await stranger.get("accounts/a/token").status == 401)
            try await stranger.signIn(at: "b", as: "bob")
            let foreign = try await stranger.get("accounts/a/token?account=ada")
            #expect(foreign.status == 404)
            let user = try #require(try browser.user().flatMap { UserID($0) })
            #expect(try await site.tessera.accessToken(of: user, provider: "a").accessToken == "first")
            await #expect(throws: Tessera.ProviderTokenError.notLinked) {
                _ = try await site.tessera.accessToken(of: user, provider: "b")
            }
        }
    }

    @Test("Of several accounts with one provider the last one linked counts, or the one that is asked for")
    func several() async throws {
        let clock = ManualClock()
        try await withAccounts(clock: clock) { site in
            var browser = site.browser()
            try await browser.signIn(at: "a", as: "one")
            clock.advance(.seconds(1))
            try await browser.signIn(at: "a", as: "two")
            let last = try await browser.get("accounts/a/token").json
            #expect(last["account"] == "two")
            #expect(try await browser.get("accounts/a/token?account=one").json["account"] == "one")
        }
    }

    @Test("A new sign-in brings new tokens in place of the old ones, and keeps the refresh token where it brings none")
    func replaced() async throws {
        try await withAccounts({
            var later = NamedProvider("a")
            // As some providers do, which give a refresh token only once.
            later.tokens = ["access_token": "second"]
            let first = NamedProvider("a")
            $0.providers = [.redirecting(Changing(providers: [first, later]))]
        }) { site in
            var browser = site.browser()
            try await browser.signIn(at: "a", as: "ada")
            let before = try await browser.get("accounts/a/token").json
            #expect(before["accessToken"] == "first")
            try await browser.signIn(at: "a", as: "ada")
            #expect(try await browser.get("accounts/a/token").json["accessToken"] == "second")
            let accounts = try #require(site.tessera.flow.settings.accounts)
            let key = try #require(AccountKey(provider: "a", providerAccountID: "ada"))
            let account = try #require(try await accounts.directory.account(key))
            #expect(try accounts.vault.open(account.tokens, of: key)["refresh_token"] == "r1")
        }
    }
}

/// A provider that answers as one after another of these.
private struct Changing: RedirectingProvider {
    let providers: [NamedProvider]
    let count = Recorder<Bool>()
    let id = "a"
    let name = "A"
    let type = ProviderType.oauth

    func begin(_ request: SignInRequest, callbackURL: String) async throws -> RedirectBegin {
        try await providers[0].begin(request, callbackURL: callbackURL)
    }

    func finish(_ request: SignInRequest, checks: [SignInCheck: String], callbackURL: String) async throws
        -> RedirectEnd
    {
        count.add(true)
        return try await providers[min(count.values.count, providers.count) - 1].finish(
            request, checks: checks, callbackURL: callbackURL)
    }
}
