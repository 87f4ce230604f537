import Testing

@testable import TesseraPages

@Suite("What is wrong with theme, styles or templates is found at start-up")
struct ConfigurationTests {
    @Test(
        "a bad theme is refused with its code",
        arguments: [
            (PageTheme(colorScheme: "blue"), PagesError.Code.colorSchemeInvalid),
            (PageTheme(colorScheme: "AUTO"), .colorSchemeInvalid),
            (PageTheme(brandColor: "red"), .brandColorInvalid),
            (PageTheme(brandColor: "#12"), .brandColorInvalid),
            (PageTheme(brandColor: "#12345"), .brandColorInvalid),
            (PageTheme(brandColor: "#1234567"), .brandColorInvalid),
            (PageTheme(brandColor: "#ggg"), .brandColorInvalid),
            (PageTheme(brandColor: "#fff;}body{display:none"), .brandColorInvalid),
            (PageTheme(brandColor: " #fff"), .brandColorInvalid),
            (PageTheme(brandColor: "#fff\u{301}"), .brandColorInvalid),
            (PageTheme(buttonText: "#fff</style>"), .buttonTextInvalid),
            (PageTheme(logo: "/logo.png"), .logoInvalid),
            (PageTheme(logo: "data:image/png;base64,AA=="), .logoInvalid),
            (PageTheme(logo: "javascript:alert(1)"), .logoInvalid),
            (PageTheme(logo: "https:///logo.png"), .logoInvalid),
            (PageTheme(logo: "https://:80/logo.png"), .logoInvalid),
            (PageTheme(logo: "https://user@a.example/l.png"), .logoInvalid),
            (PageTheme(logo: "https://a.example; script-src *"), .logoInvalid),
            (PageTheme(logo: "https://a.example;script-src/x"), .logoInvalid),
            (PageTheme(logo: "https://*/x"), .logoInvalid),
            (PageTheme(logo: "https:a.example/x"), .logoInvalid),
        ])
    func badTheme(theme: PageTheme, code: PagesError.Code) {
        let error = #expect(throws: PagesError.self) { try PageRenderer(theme: theme) }
        #expect(error?.code == code)
    }

    @Test("a provider's bad colour, and a second style for a provider, are refused; the message names the provider")
    func badStyles() {
        for style in [
            PageProviderStyle(providerID: "github", background: "white"),
            PageProviderStyle(providerID: "github", text: "#fff}"),
            PageProviderStyle(providerID: "github", darkBackground: "#ff"),
            PageProviderStyle(providerID: "github", darkText: "rgb(0,0,0)"),
        ] {
            let error = #expect(throws: PagesError.self) { try PageRenderer(providerStyles: [style]) }
            #expect(error?.code == .providerStyleInvalid)
            #expect(error?.message.contains("github") == true)
        }
        let error = #expect(throws: PagesError.self) {
            try PageRenderer(providerStyles: [.init(providerID: "x"), .init(providerID: "x")])
        }
        #expect(error?.code == .providerStyleRepeated)
    }

    @Test("a provider's logo that is not an absolute URL is not shown, and no other site is asked for it")
    func relativeProviderLogo() throws {
        let renderer = try PageRenderer(providerStyles: [.init(providerID: "styled", logo: "/github.svg")])
        #expect(try Markup(renderer.signIn(Samples().signIn)).all("img").isEmpty)
        #expect(renderer.imageOrigins.isEmpty)
    }

    @Test("#rgb is short for #rrggbb, in either case")
    func shortColor() {
        #expect(HexColor("#1aF") == HexColor("#11aaff"))
        #expect(HexColor("#1aF")?.description == "#11aaff")
        #expect(HexColor("#010203")?.description == "#010203")
    }

    @Test("the policy allows this stylesheet and the logos' origins, nothing else")
    func policy() throws {
        let plain = try Samples.plainRenderer().contentSecurityPolicy(stylesheetSHA256Base64: "aGFzaA==")
        #expect(plain == "default-src 'none'; style-src 'sha256-aGFzaA=='; base-uri 'none'; frame-ancestors 'none'")
        let renderer = try Samples.renderer()
        #expect(renderer.imageOrigins == ["https://cdn.example:8443", "https://img.example"])
        let policy = renderer.contentSecurityPolicy(stylesheetSHA256Base64: "x")
        #expect(policy.contains("; img-src https://cdn.example:8443 https://img.example;"))
    }

    @Test("every page carries the stylesheet, byte for byte, as its only one")
    func stylesheetIsExact() throws {
        let renderer = try Samples.renderer()
        for page in Samples().pages(renderer) {
            let styles = try Markup(page.html).all("style")
            #expect(styles.map(\.text) == [renderer.stylesheet], "\(page.name)")
        }
        #expect(!renderer.stylesheet.contains("<") && !renderer.stylesheet.contains("\r"))
    }

    @Test(
        "a template that is broken or unsafe is refused when the renderer is built",
        arguments: [
            ("<p>no escaping line</p>", "does not begin"),
            ("{{% CONTENT_TYPE: TEXT}}\n", "does not begin"),
            ("{{% CONTENT_TYPE: MARKUP}}\n{{#page}}", "does not parse"),
            ("{{% CONTENT_TYPE: MARKUP}}\n{{#page}}{{/other}}", "does not parse"),
            ("{{% CONTENT_TYPE: MARKUP}}\n{{name", "does not parse"),
            ("{{% CONTENT_TYPE: MARKUP}}\n{{{heading}}}", "without escaping"),
            ("{{% CONTENT_TYPE: MARKUP}}\n{{& heading}}", "without escaping"),
            ("{{% CONTENT_TYPE: MARKUP}}\n{{{stylesheet}}}", "without escaping"),
            ("{{% CONTENT_TYPE: MARKUP}}\n{{> elsewhere}}", "unknown template"),
            ("{{% CONTENT_TYPE: MARKUP}}\n{{> *heading}}", "unknown template"),
            ("{{% CONTENT_TYPE: MARKUP}}\n{{% CONTENT_TYPE: TEXT}}{{heading}}", "changes how"),
            ("{{% CONTENT_TYPE: MARKUP}}\n{{=<% %>=}}<%{heading}%>", "changes how"),
        ])
    func badTemplate(source: String, problem: String) {
        let error = #expect(throws: PagesError.self) {
            try PageTemplates(source: { $0 == .message ? source : $0.source })
        }
        #expect(error?.code == .templateInvalid)
        #expect(error?.message.contains("message") == true)
        #expect(error?.message.contains(problem) == true, "\(error?.message ?? "")")
    }

    @Test("every tag of every template names a stored property of the views it is shown with")
    func tagsAreKnown() throws {
        var known: Set<String> = [".", "content"]
        let views: [Any] = [
            ShellView(title: "", stylesheet: "", themeClass: "", logo: "", siteName: "", isWide: true, page: 0),
            SignInView(heading: "", host: "", siteURL: "", problem: "", csrfToken: "", entries: [], hasNoEntries: true),
            SignInView.Entry(
                action: "", providerName: "", callbackURL: "", buttonClass: "", providerLogo: "", fields: []),
            SignInView.Field(CredentialsField(name: ""), id: "", describedBy: "", isInvalid: true),
            SignInView.Field.Attribute(attributeName: "", attributeValue: ""),
            SignOutView(host: "", siteURL: "", action: "", csrfToken: "", choice: "", onward: ""),
            VerifyRequestView(host: "", siteURL: "", mailboxURL: ""),
            MessageView(heading: "", paragraphs: [], button: nil, link: nil),
            MessageView.Link(label: "", url: ""),
            AccountView(
                host: "", siteURL: "", person: PersonView(name: "", email: ""), problem: "", done: "", sessions: [],
                hasOthers: true, hasNoSessions: true, ways: .init(linked: [], hasNone: true, available: []),
                endOthersURL: "", signOutURL: "", csrfToken: ""),
            PersonView(name: "", email: ""),
            AccountView.Session(try #require(Samples().account.sessions.first), number: 0),
            AccountView.Ways(linked: [], hasNone: true, available: []),
            AccountView.Way(
                wayID: "", providerName: "", account: "", linked: PageTime(text: "", dateTime: ""), unlinkURL: ""),
            AccountView.Available(linkURL: "", providerName: "", buttonClass: "", providerLogo: ""),
            FollowLinkView(
                host: "", siteURL: "", action: "", address: "", token: "", callbackURL: "", isElsewhere: true,
                csrfToken: ""),
            MailboxView(host: "", siteURL: "", isEmpty: true, messages: []),
            MailboxView.Message(
                sender: "", recipient: "", subject: "", text: "", link: "", sent: PageTime(text: "", dateTime: "")),
            MailView(
                subject: "", shownHost: "", recipient: "", lifetime: "", link: "", buttonColor: "", buttonText: ""),
            PageTime(text: "", dateTime: ""),
            DemoView(
                person: nil, json: nil, signInURL: "", accountURL: "", signOutURL: "", hasLogins: true, logins: [],
                mailboxURL: "",
                hasCommands: true, commands: []),
            DemoPage.Login(username: "", password: ""),
            DemoView.Command(commandTitle: "", commandText: ""),
        ]
        for view in views { known.formUnion(Mirror(reflecting: view).children.compactMap(\.label)) }
        for name in PageTemplates.Name.allCases {
            for tag in TemplateTags(name.source) {
                switch tag.kind {
                case .variable, .unescaped, .section:
                    let parts = tag.name == "." ? ["."] : tag.name.split(separator: ".").map(String.init)
                    let allowed = tag.name == "shell" || parts.allSatisfy(known.contains)
                    #expect(allowed, "\(name.rawValue): \(tag.name)")
                case .partial, .comment, .pragma, .delimiters:
                    continue
                }
            }
        }
    }
}
