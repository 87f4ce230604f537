import Testing

@testable import TesseraPages

@Suite("Nothing that a caller passes becomes markup")
struct InjectionTests {
    static let hostileTexts = [
        "\"><script>alert(1)</script>",
        "' onmouseover='alert(1)",
        "</title></style></pre></textarea><img src=x onerror=alert(1)>",
        "\"\u{301} onfocus=alert(1) autofocus x=\"",
        "<\u{20dd}script>", ">\u{fe0f}<\u{200d}b>", "&\u{301}lt;", "'\u{301}'\"\u{20e3}\">",
        "<!-- ", "]]>", "&lt;b&gt;&quot;", "{{csrfToken}}{{{stylesheet}}}{{/page}}", "{{> shell}}",
        "\u{202e}gnp.exe", "`${alert(1)}`", "é😀\u{1f468}\u{200d}\u{1f469}",
    ]

    @Test("hostile text changes no tag and no attribute's name, and is shown as it is", arguments: hostileTexts)
    func structureHolds(text: String) throws {
        let renderer = try Samples.renderer()
        let calm = Samples().pages(renderer)
        for (index, page) in Samples(text: text).pages(renderer).enumerated() {
            let markup = try Markup(page.html)
            #expect(try markup.structure == Markup(calm[index].html).structure, "\(page.name)")
            if page.name.hasPrefix("error,") { continue }
            #expect(markup.texts.contains { contains($0, text) }, "\(page.name) does not show the text")
        }
    }

    @Test(
        "control characters become replacement characters", arguments: ["\u{0}", "\u{8}", "\u{1b}", "\u{7f}", "\u{85}"])
    func controlCharacters(control: String) throws {
        let renderer = try Samples.renderer()
        for page in Samples(text: "a\(control)b").pages(renderer) where !page.name.hasPrefix("error,") {
            #expect(!contains(page.html, control), "\(page.name)")
            #expect(contains(page.html, "a\u{fffd}b"), "\(page.name)")
        }
    }

    @Test(
        "a URL that is not http, https or relative becomes #",
        arguments: [
            "javascript:alert(1)", "JavaScript:alert(1)", " javascript:alert(1)", "java\tscript:alert(1)",
            "java\nscript:alert(1)", "\u{1}javascript:alert(1)", "data:text/html,<script>alert(1)</script>",
            "vbscript:x", "file:///etc/passwd", "blob:https://x", "//evil.example", "/\\evil.example",
            "\\\\evil.example", "https:evil.example", "http:/evil.example", "mailto:a@b", "x:y", "",
            "https://a.example/\r\nSet-Cookie: x", "/a b", "\u{a0}javascript:alert(1)",
        ])
    func hostileURLs(url: String) throws {
        let renderer = try Samples.renderer()
        for page in Samples(url: url).pages(renderer) {
            let markup = try Markup(page.html)
            let targets = markup.elements.flatMap { [$0["href"], $0["action"]] }.compactMap { $0 }
            #expect(targets.allSatisfy { $0 == "#" }, "\(page.name): \(targets)")
            #expect(!targets.isEmpty || page.name.contains("configuration"), "\(page.name) has no link at all")
        }
    }

    @Test(
        "an http, https or relative URL arrives unchanged",
        arguments: [
            "https://app.example/a?b=c&d=%20#e", "HTTP://app.example", "http://localhost:3000/api/auth/signin/x",
            "/api/auth/signin?callbackUrl=https://x.example/", "signin/github", "?a=b:c", "#top", "/a:b", "/ü",
            "https://app.example/\"onclick=\"x",
        ])
    func goodURLs(url: String) throws {
        let renderer = try Samples.renderer()
        for page in Samples(url: url).pages(renderer) {
            let markup = try Markup(page.html)
            let targets = markup.elements.flatMap { [$0["href"], $0["action"]] }.compactMap { $0 }
            #expect(targets.allSatisfy { $0 == url }, "\(page.name): \(targets)")
        }
    }

    @Test(
        "a field takes its type and its attributes from closed sets",
        arguments: ["file", "image", "submit", "button", "reset", "TEXT\" onfocus=\"x", "", "checkbox"])
    func fieldTypes(type: String) throws {
        let field = CredentialsField(
            name: "n", type: type,
            attributes: [
                .init(name: "onfocus", value: "alert(1)"), .init(name: "formaction", value: "https://evil.example"),
                .init(name: "style", value: "x"), .init(name: "type", value: "image"), .init(name: "x y=z", value: "1"),
                .init(name: "id", value: "problem"), .init(name: "src", value: "//x"), .init(name: "form", value: "f"),
                .init(name: "REQUIRED", value: ""), .init(name: "maxlength", value: "8"),
                .init(name: "maxLength", value: "9"),
            ])
        var page = Samples().signIn
        page.errorCode = nil
        page.providers = [.credentials(.init(id: "c", name: "C", callbackURL: "/c", fields: [field]))]
        let markup = try Markup(Samples.renderer().signIn(page))
        let input = try #require(markup.all("input").first { $0["name"] == "n" })
        #expect(input["type"] == "text")
        #expect(input.attributes.map(\.name) == ["id", "name", "type", "required", "maxlength"])
        #expect(input["maxlength"] == "8")
    }

    @Test("no page holds a script, an event handler, a style attribute, or loads anything but the configured logos")
    func nothingActive() throws {
        let renderer = try Samples.renderer()
        for page in Samples().pages(renderer) {
            let markup = try Markup(page.html)
            for element in markup.elements {
                #expect(!["script", "iframe", "object", "embed", "link", "base", "svg"].contains(element.tag))
                #expect(element.attributes.allSatisfy { !$0.name.hasPrefix("on") && $0.name != "style" })
                if let source = element["src"] {
                    #expect(["https://img.example/logo.png", "https://cdn.example:8443/mark.svg"].contains(source))
                }
            }
            #expect(!renderer.stylesheet.contains("url(") && !renderer.stylesheet.contains("@import"))
        }
    }

    @Test("the JSON of the demo is laid out without changing a character outside white space")
    func jsonLayout() {
        let json = #"{"user":{"name":"a \"{[,:]}\" {[,:]} \\","tags":[],"n":[1,{"x":null}]},"expires":"e"}"#
        let expected = """
            {
              "user": {
                "name": "a \\"{[,:]}\\" {[,:]} \\\\",
                "tags": [],
                "n": [
                  1,
                  {
                    "x": null
                  }
                ]
              },
              "expires": "e"
            }
            """
        #expect(JSONLayout.indented(json) == expected)
        #expect(JSONLayout.indented(expected) == expected)
        #expect(JSONLayout.indented("{}") == "{}")
        #expect(JSONLayout.indented(String(repeating: "[", count: 500)).utf8.count < 500 * 140)
    }

    @Test(
        "commands are made only from text that a shell takes literally",
        arguments: [
            "http://x/$(id)", "http://x/`id`", "http://x/;id", "http://x/ y", "http://x/'", "http://x/\"", "",
            "-o/tmp/x",
            "http://x/\nid", "http://x/&id", "http://x/é",
        ])
    func commands(base: String) {
        let login = DemoPage.Login(username: "alice", password: "wonderland")
        #expect(DemoPage.commands(base: base, login: login).isEmpty)
        #expect(DemoPage.commands(base: "http://localhost:3000/api/auth", login: login).count == 5)
        let hostile = DemoPage.Login(username: "alice", password: base)
        #expect(DemoPage.commands(base: "http://localhost:3000/api/auth", login: hostile).isEmpty)
    }

    /// Whether the code points of a text are in another, whatever clusters they form there.
    private func contains(_ text: String, _ part: String) -> Bool {
        let bytes = Array(text.utf8)
        let wanted = Array(part.utf8)
        guard let first = wanted.first else { return true }
        return bytes.indices.contains { bytes[$0] == first && bytes[$0...].starts(with: wanted) }
    }
}
