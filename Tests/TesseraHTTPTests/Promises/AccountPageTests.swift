import HTTPTypes
import JSON
import Tessera
import Testing

@Suite("The account page and its forms")
struct AccountPageTests {
    private func sid(_ browser: Browser) throws -> String { try browser.claims()["sid"]?.string ?? "" }

    @Test("The account page shows the sessions, and its forms work without script")
    func accountPage() async throws {
        try await withSite { site in
            var browser = site.browser()
            try await browser.signIn()
            var other = site.browser()
            try await other.signIn()
            let page = try await browser.get("account", headers: [.accept: "text/html"])
            #expect(page.status == 200)
            let token = try await browser.csrf()
            let actions = Set(
                page.body.split(separator: "action=\"").dropFirst().map { String($0.prefix { $0 != "\"" }) })
            let end = "\(Site.base)/sessions/\(try sid(other))/end"
            #expect(actions == [end, "\(Site.base)/sessions/revoke-others", "\(Site.base)/signout"])
            #expect(page.body.contains(token))
            #expect(page.body.contains("Alice"))
            let ended = try await browser.post(
                "sessions/\(sid(other))/end", ["csrfToken": token], headers: [.accept: "text/html"])
            #expect(ended.status == 302)
            #expect(ended.location == "\(Site.base)/account?done=session-ended")
            #expect(try await !other.isSignedIn())
            let after = try await browser.get("account?done=session-ended")
            #expect(after.body.contains("The session was ended."))
            #expect(try await !browser.get("account?done=%3Cb%3E").body.contains("<b>"))
        }
    }

    @Test("What goes wrong with a form of the account page is told on a page, and not in JSON")
    func accountForms() async throws {
        try await withSite { site in
            let person: HTTPFields = [.accept: "text/html,*/*;q=0.8"]
            var browser = site.browser()
            try await browser.signIn()
            var other = site.browser()
            try await other.signIn()
            let end = "sessions/\(try sid(other))/end"
            let token = try await browser.csrf()
            for path in [end, "sessions/revoke-others"] {
                let expired = try await browser.post(path, ["csrfToken": "old"], headers: person)
                #expect(expired.status == 302)
                #expect(expired.location == "\(Site.base)/account?done=form-expired")
            }
            #expect(try await browser.get("account?done=form-expired").body.contains("open for too long"))
            #expect(try await other.isSignedIn())
            try await other.signOut()
            for path in [end, "sessions/x/end"] {
                let ended = try await browser.post(path, ["csrfToken": token], headers: person)
                #expect(ended.status == 302)
                #expect(ended.location == "\(Site.base)/account?done=already-ended")
            }
            #expect(try await browser.get("account?done=already-ended").body.contains("had already ended"))
            var visitor = site.browser()
            for path in [end, "sessions/revoke-others"] {
                let reply = try await visitor.post(path, ["csrfToken": visitor.csrf()], headers: person)
                #expect(reply.status == 302)
                #expect(reply.location == "\(Site.base)/signin?callbackUrl=%2Fapi%2Fauth%2Faccount")
            }
        }
    }

    @Test("A DELETE is a program's, whatever it accepts: its answers are JSON")
    func deleteForPages() async throws {
        try await withSite { site in
            let person: HTTPFields = [.accept: "text/html"]
            var browser = site.browser()
            #expect(try await browser.send(.delete, "sessions/x", headers: person).errorCode == "not_signed_in")
            try await browser.signIn()
            var other = site.browser()
            try await other.signIn()
            #expect(try await browser.send(.delete, "sessions/x", headers: person).errorCode == "session_not_found")
            let reply = try await browser.send(.delete, "sessions/\(sid(other))", headers: person)
            #expect(reply.status == 200)
            #expect(try reply.json["ended"]?.array?.count == 1)
        }
    }
}
