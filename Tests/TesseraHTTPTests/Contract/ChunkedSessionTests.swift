import HTTPTypes
import JSON
import Tessera
import Testing

@Suite("Contract 10: long tokens over HTTP")
struct ChunkedSessionTests {
    /// Claims of this many bytes, different in every place.
    private func filling(_ count: Int) -> JSONValue { .string(String((0..<count).map { letters[$0 / 7 % 26] })) }
    private let letters = Array("abcdefghijklmnopqrstuvwxyz")

    @Test("49, 50, 51, 73 A session of 12 chunks is read, shrinks, grows, and is signed out without a trace")
    func chunks() async throws {
        let size = Switch(32_600)
        try await withSite({
            $0.callbacks.jwt = { [filling] request in
                var claims = request.token
                claims["data"] = size.value == 0 ? nil : filling(size.value)
                return claims
            }
        }) { site in
            var browser = site.browser()
            let signedIn = try await browser.signIn()
            #expect(signedIn.setCookies.filter { $0.name.hasPrefix(Site.sessionCookie) }.count == 12)
            #expect(browser.jar["\(Site.sessionCookie).11"] != nil)
            #expect(try await browser.isSignedIn())

            // In the reverse order, and with a bearer token.
            var reversed = site.browser()
            for name in browser.jar.names.reversed() { reversed.jar[name] = browser.jar[name] }
            #expect(try await reversed.isSignedIn())
            var program = site.browser()
            program.headers[.authorization] = "Bearer \(browser.token ?? "")"
            #expect(try await program.isSignedIn())

            size.value = 3000
            site.clock.advance(.minutes(6))
            let shrunk = try await browser.get("session")
            #expect(shrunk.setCookies.filter { $0.isDeletion }.count == 10)
            #expect(browser.jar.names.filter { $0.hasPrefix(Site.sessionCookie) }.count == 2)

            size.value = 0
            site.clock.advance(.minutes(6))
            let plain = try await browser.get("session")
            #expect(
                plain.setCookies.filter { $0.isDeletion }.map(\.name) == [
                    "\(Site.sessionCookie).0", "\(Site.sessionCookie).1",
                ])
            #expect(browser.jar[Site.sessionCookie] != nil)

            size.value = 9000
            site.clock.advance(.minutes(6))
            let grown = try await browser.get("session")
            #expect(grown.setCookie(Site.sessionCookie)?.isDeletion == true)
            let out = try await browser.signOut()
            #expect(out.setCookies.filter(\.isDeletion).count == 4)
            #expect(browser.token == nil)
        }
    }

    @Test("Claims that fit no token are refused, and the session goes on as it was")
    func tooLarge() async throws {
        let size = Switch(10)
        try await withSite({
            $0.callbacks.jwt = { [filling] request in
                var claims = request.token
                claims["data"] = filling(size.value)
                return claims
            }
        }) { site in
            var browser = site.browser()
            try await browser.signIn()
            size.value = 40_000
            let refused = try await browser.post("session", ["csrfToken": browser.csrf()])
            #expect(refused.status == 503)
            #expect(refused.errorCode == "callback_failed")
            #expect(refused.setCookies.isEmpty)
            #expect(try await browser.isSignedIn())
        }
    }
}
