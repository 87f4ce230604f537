import JSON
import Tessera
import TesseraTestKit
import Testing

@Suite("Changing the secret signs nobody out")
struct SecretRotationTests {
    private static let newer = "a-newer-secret-of-thirty-two-bytes-and-more"

    @Test(
        "With the old secret second, sessions go on and get tokens of the new one",
        arguments: [
            TokenFormat.standard, .reference, .signed(alg: "HS256"), .sealed(alg: "A256KW", enc: "A256CBC-HS512"),
            .signedThenSealed(signing: "HS256", alg: "dir", enc: "A128GCM"),
        ])
    func rotation(format: TokenFormat) async throws {
        let store = InMemoryStore()
        let clock = ManualClock()
        let jar = try await withSite({ $0.tokenFormat = format }, over: store, clock: clock) { site in
            var browser = site.browser()
            try await browser.signIn()
            return browser.jar
        }
        let next = try await withSite(
            {
                $0.tokenFormat = format
                $0.secrets = [Self.newer, Site.secret]
            }, over: store, clock: clock
        ) { site in
            var browser = site.browser()
            browser.jar = jar
            #expect(try await browser.isSignedIn())
            // The CSRF cookie goes on as well: what was open in a tab can be sent.
            #expect(try await browser.get("csrf").setCookie(Site.csrfCookie) == nil)
            clock.advance(.minutes(6))
            #expect(try await browser.isSignedIn())
            try await browser.signIn("bob")
            try await browser.signIn("alice")
            return browser.jar
        }
        // The old one is dropped: what was sealed since goes on, what was not does not.
        try await withSite(
            {
                $0.tokenFormat = format
                $0.secrets = [Self.newer]
            }, over: store, clock: clock
        ) { (site: Site) async throws in
            var browser = site.browser()
            browser.jar = next
            #expect(try await browser.isSignedIn())
            browser.jar = jar
            #expect(try await !browser.isSignedIn())
        }
    }
}
