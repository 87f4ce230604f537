import HTTPTypes
import Tessera
import Testing

/// Providers that have the browser post (`response_mode=form_post`): a form of another site's comes without cookies.
@Suite("Accounts of providers that post")
struct FormPostTests {
    @Test("An account is linked to who is signed in, in the session that he asked for it in")
    func link() async throws {
        try await withAccounts { site in
            var browser = site.browser()
            try await browser.signIn(at: "a", as: "ada")
            let user = try browser.user()
            try await browser.post(
                "accounts/b/link", ["csrfToken": browser.csrf()], headers: [.accept: "text/html"])
            let form: KeyValuePairs = ["state": NamedProvider.state, "sub": "ada-b"]
            let posted = try await browser.postFromElsewhere("callback/b", form)
            // In another browser it links nothing, and signs nobody in.
            var stranger = site.browser()
            try await stranger.signIn(at: "a", as: "eve")
            let eve = try stranger.user()
            #expect(try await stranger.follow(posted).location == "\(Site.base)/error?error=OAuthCallback")
            let reply = try await browser.follow(posted)
            #expect(reply.location == "\(Site.base)/account?done=account-linked")
            #expect(try browser.user() == user)
            var other = site.browser()
            try await other.signIn(at: "b", as: "ada-b")
            #expect(try other.user() == user)
            #expect(try stranger.user() == eve)
        }
    }

    @Test("128 O4: a sign-in by form is linked to who is signed in, as any other")
    func signIn() async throws {
        try await withAccounts { site in
            var browser = site.browser()
            try await browser.signIn(at: "a", as: "ada")
            let user = try browser.user()
            try await browser.post("signin/b", ["csrfToken": browser.csrf()])
            let posted = try await browser.postFromElsewhere(
                "callback/b", ["state": NamedProvider.state, "sub": "ada-b"])
            try await browser.follow(posted)
            #expect(try browser.user() == user)
        }
    }
}
