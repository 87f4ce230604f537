import TesseraCore
import Testing

@Suite("A web URL")
struct WebURLTests {
    @Test(
        "has the origin that every browser sees in it",
        arguments: [
            ("http://localhost:3000", "http://localhost:3000", ""),
            ("http://localhost:3000/", "http://localhost:3000", "/"),
            ("https://example.com/a/b?c=d#e", "https://example.com", "/a/b?c=d#e"),
            ("https://example.com?c=/d", "https://example.com", "?c=/d"),
            ("https://example.com#@evil.com/", "https://example.com", "#@evil.com/"),
            ("HTTPS://EXAMPLE.com/Path", "https://example.com", "/Path"),
            ("https://example.com:443/", "https://example.com", "/"),
            ("http://example.com:80/", "http://example.com", "/"),
            ("http://example.com:443/", "http://example.com:443", "/"),
            ("https://example.com:80/", "https://example.com:80", "/"),
            ("https://example.com:/", "https://example.com", "/"),
            ("https://example.com:08443/", "https://example.com:8443", "/"),
            ("https://example.com:65535/", "https://example.com:65535", "/"),
            ("http://[::1]:3000/x", "http://[::1]:3000", "/x"),
            ("http://[2001:DB8::1]/", "http://[2001:db8::1]", "/"), ("http://[::1]", "http://[::1]", ""),
            ("http://127.0.0.1:8080/", "http://127.0.0.1:8080", "/"),
            ("https://a_b-c.example/", "https://a_b-c.example", "/"),
            ("https://xn--bcher-kva.example/ü", "https://xn--bcher-kva.example", "/ü"),
            ("https://example.com//evil.com", "https://example.com", "//evil.com"),
            ("https://example.com/@evil.com:1", "https://example.com", "/@evil.com:1"),
            ("https://example.com/?u=http://evil.com", "https://example.com", "/?u=http://evil.com"),
        ])
    func accepted(text: String, origin: String, rest: String) throws {
        let url = try #require(WebURL(text))
        #expect(url.origin.description == origin)
        #expect(url.rest == rest)
    }

    /// Things that a browser refuses, or repairs into something else than they seem to be.
    static let nasty: [String] = [
        "", "/", "foo", "foo/bar", "example.com", "//evil.com", "///evil.com", "/\\evil.com", "\\\\evil.com", "http",
        "http:",
        "http:/", "http://", "http:///", "http:///evil.com", "https:evil.com", "https:/evil.com", "https:\\\\evil.com",
        "http:/\\evil.com", "https://\\evil.com", "https://evil.com\\@localhost:3000",
        "http://localhost:3000\\@evil.com",
        "http://localhost:3000@evil.com", "http://localhost:3000@evil.com/", "http://user@localhost:3000/",
        "http://user:password@localhost:3000/", "http://@localhost:3000/", "http://:@localhost:3000/", "http://:3000/",
        "http://localhost:3000 .evil.com", "http://localhost:3000\t.evil.com", "http://local\nhost:3000/",
        " http://localhost:3000/",
        "http://localhost:3000/ ", "http://localhost:3000/\r\nSet-Cookie: a=b", "\thttp://localhost:3000",
        "ht\ntp://localhost:3000/",
        "http://localhost:3000/\u{0}", "http://localhost:3000/\u{7F}", "http://localhost%00.evil.com/",
        "http://local%68ost:3000/",
        "javascript:alert(1)", "JavaScript:alert(1)", "javascript://localhost:3000/%0aalert(1)", " javascript:alert(1)",
        "java\tscript:alert(1)", "data:text/html,x", "data://localhost:3000/", "vbscript:x", "file:///etc/passwd",
        "ftp://localhost:3000/",
        "ws://localhost:3000/", "blob:http://localhost:3000/x", "view-source:http://localhost:3000/", "mailto:a@b",
        "http://localhost:0/", "http://localhost:65536/", "http://localhost:99999999999999999999/",
        "http://localhost:+80/",
        "http://localhost:-80/", "http://localhost:3000:3000/", "http://localhost:3000a/", "http://localhost:3０00/",
        "http://bücher.example/", "http://lоcalhost:3000/", "http://ｌocalhost:3000/", "http://localhost\u{200B}:3000/",
        "http://localhost。evil.com/", "http://\u{212A}.example/", "http://ban\u{212A}.example/",
        "http://localhost\u{301}:3000/",
        "http://[::1/", "http://::1/", "http://[::1]evil.com/", "http://[::1]:3000.evil.com/", "http://[localhost]/",
        "http://[]/",
        "http://[:::]/", "http://[1.2.3.4]/", "http://[::1%25eth0]/", "http://evil.com,localhost/",
        "http://local*host/", "http://a/b://\\",
        "http://localhost;3000/", "http://(localhost)/", "http;//localhost:3000/", "http.//localhost/",
        "http //localhost/",
        "1http://localhost/", "://localhost/", ":http://localhost/", "http\u{301}://localhost/", "httpſ://localhost/",
        "http://" + String(repeating: "a", count: 254) + "/", "http://a/" + String(repeating: "b", count: 8192),
    ]

    @Test("is not read from what browsers refuse or repair", arguments: nasty)
    func refused(text: String) {
        #expect(WebURL(text) == nil)
    }

    @Test("is at most 8192 bytes long, its host 253")
    func limits() {
        let rest = String(repeating: "b", count: 8192 - "http://a/".utf8.count)
        #expect(WebURL("http://a/" + rest)?.rest.utf8.count == rest.utf8.count + 1)
        #expect(WebURL("http://a/" + rest + "b") == nil)
        #expect(WebURL("http://" + String(repeating: "a", count: 253))?.origin.host.utf8.count == 253)
    }

    @Test("does not crash on random text, and is read from its own parts again")
    func randomText() {
        var random = SeededGenerator(seed: 5)
        let pieces = [
            "http", "https", ":", "/", "//", "@", "[", "]", "::1", "localhost", "3000", "?", "#", "\\", "\t", ".", "%",
            "é", "A", "\u{301}",
        ]
        for _ in 0..<5000 {
            let text = (0..<random.below(10)).map { _ in pieces[random.below(pieces.count)] }.joined()
            guard let url = WebURL(text) else { continue }
            let written = "\(url.origin)\(url.rest)"
            #expect(WebURL(written) == url, "\(text)")
            #expect(!written.contains("\\") && !url.origin.host.contains("@"), "\(text)")
        }
    }
}

@Suite("An origin")
struct OriginTests {
    @Test("is read from a host with or without a port, and leaves the scheme's own port out")
    func reading() throws {
        let plain = try #require(Origin(scheme: .http, authority: "Example.COM:80"))
        #expect((plain.scheme, plain.host, plain.port) == (.http, "example.com", nil))
        #expect(plain.description == "http://example.com")
        let secure = try #require(Origin(scheme: .https, authority: "example.com:80"))
        #expect((secure.scheme, secure.host, secure.port) == (.https, "example.com", 80))
        #expect(secure.description == "https://example.com:80")
        let address = try #require(Origin(scheme: .http, authority: "[::1]:3000"))
        #expect((address.host, address.port) == ("[::1]", 3000))
    }

    @Test("is the same only with scheme, host and port")
    func equality() throws {
        let origin = try #require(Origin(scheme: .https, authority: "example.com"))
        #expect(origin == Origin(scheme: .https, authority: "EXAMPLE.com:443"))
        #expect(origin != Origin(scheme: .http, authority: "example.com"))
        #expect(origin != Origin(scheme: .http, authority: "example.com:443"))
        #expect(origin != Origin(scheme: .https, authority: "www.example.com"))
        #expect(origin != Origin(scheme: .https, authority: "example.com."))
        #expect(origin != Origin(scheme: .https, authority: "example.com:8443"))
    }

    @Test(
        "is not read from anything else",
        arguments: ["", ":", ":80", "a b", "a/b", "a@b", "a:b", "[::1", "é", "a:70000", "a?b"])
    func refused(authority: String) {
        #expect(Origin(scheme: .http, authority: authority) == nil)
    }
}
