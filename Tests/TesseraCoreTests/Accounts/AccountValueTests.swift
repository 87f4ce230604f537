import TesseraCore
import Testing

@Suite("Accounts, addresses and limits")
struct AccountValueTests {
    @Test("140: addresses are brought into their normal form, or refused")
    func addresses() {
        let accepted = [
            (" Bob@Example.COM ", "bob@example.com"), ("email@email.com,email2.com", "email@email.com"),
            ("a.b+c@d.e.f", "a.b+c@d.e.f"), ("josé@exämple.de", "josé@exämple.de"), ("'x'@y.z", "'x'@y.z"),
        ]
        for (typed, normal) in accepted { #expect(EmailAddress.normalize(typed) == normal, "\(typed)") }
        let refused = [
            "", "@", "a@", "@b.c", "a@b", "a@b.", "a@.b", "a@b..c", "a@b@c.d", "\"a\"@b.c", "a b@c.d", "a@b.c d",
            "a\r\nBcc: x@y.z@b.c", "a\n@b.c", "a@b.c\u{0}", "a@b.c\r", "<a@b.c>", "a<b@c.d", "a;b@c.d", "a@[1.2.3.4]",
            "a\u{200B}@b.c", "a\u{202E}@b.c", "a,b@c.d", "email@email.com,email2@email2.com",
            String(repeating: "a", count: 251) + "@b.c",
        ]
        for typed in refused where EmailAddress.normalize(typed) != nil {
            // What white space at the ends hides is trimmed, never kept.
            #expect(typed.hasSuffix("\r"), "\(typed)")
        }
    }

    @Test("An account's name is compared byte by byte, and has limits")
    func accountKeys() {
        let composed = AccountKey(provider: "p", providerAccountID: "\u{e9}")
        let decomposed = AccountKey(provider: "p", providerAccountID: "e\u{301}")
        #expect(composed != decomposed)
        #expect(composed == AccountKey(provider: "p", providerAccountID: "\u{e9}"))
        #expect(
            AccountKey(provider: "a", providerAccountID: "bc") != AccountKey(provider: "ab", providerAccountID: "c"))
        #expect(AccountKey(provider: "p", providerAccountID: "") == nil)
        #expect(AccountKey(provider: "p", providerAccountID: "a\nb") == nil)
        #expect(AccountKey(provider: "p", providerAccountID: String(repeating: "x", count: 1025)) == nil)
    }

    @Test("A limit lets a burst through, then one for every interval")
    func limit() {
        let limit = AttemptLimit(burst: 3, interval: .seconds(60))
        var now = Timestamp(seconds: 1000)
        var state: Timestamp?
        func attempt() -> Duration? {
            switch limit.attempt(paidUntil: state, at: now) {
            case .allowed(let until):
                state = until
                return nil
            case .refused(let wait): return wait
            }
        }
        #expect((0..<3).allSatisfy { _ in attempt() == nil })
        #expect(attempt() == .seconds(60))
        now = now + .seconds(59)
        #expect(attempt() == .seconds(1))
        now = now + .seconds(1)
        #expect(attempt() == nil)
        #expect(attempt() == .seconds(60))
        now = now + .hours(1)
        #expect((0..<3).allSatisfy { _ in attempt() == nil })
        #expect(attempt() != nil)
    }

    @Test("A limit is shared by an IPv4 address, and by the /64 of an IPv6 address")
    func scopes() {
        let scope = { NetworkPrefix.limitScope(of: $0) }
        #expect(scope("192.0.2.7") == "192.0.2.7")
        #expect(scope("::ffff:192.0.2.7") == "192.0.2.7")
        #expect(scope("2001:db8:1:2:3::4") == scope("2001:db8:1:2:ffff::1"))
        #expect(scope("2001:db8:1:2::1") != scope("2001:db8:1:3::1"))
        #expect(scope(nil) == "unknown")
        #expect(scope("not an address") == "unknown")
    }

    @Test("An address is read without what proxies write around it")
    func bareAddresses() {
        for text in ["203.0.113.7", " 203.0.113.7", "203.0.113.7:51234"] {
            #expect(NetworkPrefix.bareAddress(text) == "203.0.113.7")
        }
        for text in ["2001:db8::1", "[2001:db8::1]", " [2001:db8::1]:51234"] {
            #expect(NetworkPrefix.bareAddress(text) == "2001:db8::1")
        }
        for text in ["", "[", "]", ":", "[]", "a:b:c", "[:1"] {
            #expect(NetworkPrefix.limitScope(of: NetworkPrefix.bareAddress(text)) == "unknown")
        }
    }
}
