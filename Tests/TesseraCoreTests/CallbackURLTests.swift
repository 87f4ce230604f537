import TesseraCore
import Testing

@Suite("A callback URL")
struct CallbackURLTests {
    let origin: Origin

    init() throws { origin = try #require(Origin(scheme: .http, authority: "localhost:3000")) }

    @Test(
        "is acceptable as a path or an absolute http or https URL (checklist 10 to 12)",
        arguments: [
            ("/callback", true), ("/", true), ("/x?y=z#w", true), ("http://localhost:3000/x", true),
            ("https://evil.com", true),
            ("HTTP://localhost:3000", true), ("//evil.com", true), ("/ü", true), ("/a%20b", true),
            ("invalid-callback", false), ("javascript:alert(1)", false), ("foo", false), ("", false), ("?x", false),
            ("#x", false),
            ("./x", false), ("../x", false), ("ftp://localhost/", false), ("/a b", false), ("/\\evil.com", false),
            ("/\t/evil.com", false), ("/\n", false), ("/\r\nX: y", false), ("/\u{0}", false), ("/\u{7F}", false),
            ("\\", false),
            (" /x", false), ("/x ", false),
        ])
    func acceptable(value: String, acceptable: Bool) {
        #expect(CallbackURL.isAcceptable(value) == acceptable)
    }

    @Test("is nothing that a browser refuses or repairs", arguments: WebURLTests.nasty.filter { !$0.hasPrefix("/") })
    func nastyIsUnacceptable(value: String) {
        #expect(!CallbackURL.isAcceptable(value))
    }

    @Test(
        "leads to a path of our origin, or to a URL of it as it was written (checklist 34)",
        arguments: [
            ("/dash", "http://localhost:3000/dash"), ("/", "http://localhost:3000/"),
            ("/a?b=c#d", "http://localhost:3000/a?b=c#d"),
            ("http://localhost:3000", "http://localhost:3000"),
            ("http://localhost:3000/dash", "http://localhost:3000/dash"),
            ("http://localhost:3000?x", "http://localhost:3000?x"),
            ("HTTP://LocalHost:3000/Dash", "HTTP://LocalHost:3000/Dash"),
            ("http://localhost:03000/", "http://localhost:03000/"),
            ("/..//evil.com", "http://localhost:3000/..//evil.com"),
            ("/@evil.com", "http://localhost:3000/@evil.com"), ("/:80", "http://localhost:3000/:80"),
            ("/.evil.com", "http://localhost:3000/.evil.com"),
        ])
    func ours(value: String, expected: String) {
        #expect(CallbackURL.resolve(value, origin: origin) == expected)
    }

    @Test(
        "of two slashes stays a path of our origin (checklist 36)",
        arguments: [
            "//evil.com", "///evil.com", "//evil.com/%2f..", "//user@evil.com", "//", "//localhost:3000@evil.com",
        ])
    func slashes(value: String) {
        #expect(CallbackURL.resolve(value, origin: origin) == "http://localhost:3000\(value)")
    }

    @Test(
        "of a foreign origin leads to our origin (checklist 35)",
        arguments: [
            "https://evil.com", "http://evil.com/", "https://localhost:3000/", "http://localhost/",
            "http://localhost:3001/",
            "http://localhost:30000/", "http://localhost.evil.com:3000/", "http://localhost.:3000/",
            "http://www.localhost:3000/",
            "http://127.0.0.1:3000/", "http://[::1]:3000/", "http://evil.com?http://localhost:3000/",
            "http://evil.com#localhost:3000",
            "http://evil.com/localhost:3000", "foo", "javascript:alert(1)", "",
        ])
    func foreign(value: String) {
        #expect(CallbackURL.resolve(value, origin: origin) == "http://localhost:3000")
    }

    @Test("that a browser refuses or repairs leads to our origin", arguments: WebURLTests.nasty)
    func nasty(value: String) {
        let resolved = CallbackURL.resolve(value, origin: origin)
        #expect(WebURL(resolved)?.origin == origin)
        // Only a plain path is kept.
        #expect(resolved == "\(origin)" || resolved == "\(origin)\(value)" && value.hasPrefix("/"))
    }

    @Test("knows the scheme's own port as none")
    func defaultPort() throws {
        let secure = try #require(Origin(scheme: .https, authority: "example.com"))
        #expect(CallbackURL.resolve("https://example.com:443/x", origin: secure) == "https://example.com:443/x")
        #expect(CallbackURL.resolve("https://example.com:80/x", origin: secure) == "https://example.com")
        #expect(CallbackURL.resolve("http://example.com:443/x", origin: secure) == "https://example.com")
        #expect(CallbackURL.resolve("/x", origin: secure) == "https://example.com/x")
    }

    @Test("of an IPv6 origin is compared with its brackets")
    func addressOrigin() throws {
        let address = try #require(Origin(scheme: .http, authority: "[::1]:3000"))
        #expect(CallbackURL.resolve("http://[::1]:3000/x", origin: address) == "http://[::1]:3000/x")
        #expect(CallbackURL.resolve("http://[::2]:3000/x", origin: address) == "http://[::1]:3000")
        #expect(CallbackURL.resolve("http://[::1]/x", origin: address) == "http://[::1]:3000")
    }

    @Test("leads nowhere but to our origin, whatever it is made of")
    func randomText() {
        var random = SeededGenerator(seed: 6)
        let pieces = [
            "http:", "//", "/", "\\", "localhost", ":3000", "@", "evil.com", "\t", "\n", "?", "#", ".", "%2f", "é",
            "\u{301}", "[", "]", " ",
        ]
        for _ in 0..<5000 {
            let text = (0..<random.below(9)).map { _ in pieces[random.below(pieces.count)] }.joined()
            #expect(WebURL(CallbackURL.resolve(text, origin: origin))?.origin == origin, "\(text)")
        }
    }

    @Test("is at most 8192 bytes long")
    func limit() {
        let longest = "/" + String(repeating: "x", count: 8191)
        #expect(CallbackURL.isAcceptable(longest))
        #expect(!CallbackURL.isAcceptable(longest + "x"))
        #expect(CallbackURL.resolve(longest + "x", origin: origin) == "http://localhost:3000")
    }
}
