import JSON
import Tessera
import TesseraTokens
import Testing

@Suite("An application that is asked by webhooks and does not answer")
struct WebhookSiteTests {
    private static func webhooks(_ questions: Set<WebhookSettings.Question>) throws -> WebhookSettings {
        let secret = try #require(Secret("a webhook secret of 32 bytes or more"))
        // Nobody listens there.
        return WebhookSettings(url: "http://127.0.0.1:1/hook", secrets: [secret], questions: questions)
    }

    @Test("Credentials: nobody is signed in, and the error page says that it did not work")
    func authorize() async throws {
        let webhooks = try Self.webhooks([.authorize])
        try await withSite({
            $0.providers = []
            $0.webhooks = webhooks
        }) { site in
            var browser = site.browser()
            #expect(try await browser.get("providers").json["credentials"] != nil)
            let reply = try await browser.signIn()
            #expect(reply.status == 503)
            #expect(reply.jsonURL == "\(Site.base)/error?error=Callback")
            #expect(try await !browser.isSignedIn())
        }
    }

    @Test("signIn: nobody is let in; jwt: nobody who is signed in is signed out")
    func others() async throws {
        let (signIn, jwt) = (try Self.webhooks([.signIn]), try Self.webhooks([.session]))
        try await withSite({ $0.webhooks = signIn }) { site in
            var browser = site.browser()
            let reply = try await browser.signIn()
            #expect(reply.status == 503)
            #expect(try await !browser.isSignedIn())
        }
        try await withSite({ $0.webhooks = jwt }) { site in
            var browser = site.browser()
            #expect(try await browser.signIn().status == 200)
            let reply = try await browser.get("session")
            #expect(reply.status == 503)
            #expect(!reply.touchesSessionCookie)
        }
    }
}
