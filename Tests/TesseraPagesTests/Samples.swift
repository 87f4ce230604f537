@testable import TesseraPages

/// Every page once, with the same text in every place where a caller's text goes.
struct Samples {
    /// What stands in every field of text.
    var text = "Ada"
    /// What stands in every field for a URL.
    var url = "https://app.example/path?x=1&y=2"

    var site: PageSite { PageSite(host: text, url: url) }
    var time: PageTime { PageTime(text: text, dateTime: text) }

    var signIn: SignInPage {
        SignInPage(
            site: site, heading: text, errorCode: text,
            providers: [
                .oauth(.init(id: text, name: text, signInURL: url)),
                .oauth(.init(id: "styled", name: text, signInURL: url)),
                .email(.init(id: text, name: text, signInURL: url, address: text)),
                .credentials(
                    .init(
                        id: text, name: text, callbackURL: url,
                        fields: [
                            CredentialsField(
                                name: text, label: text, type: text, placeholder: text, autocomplete: text,
                                attributes: [.init(name: "title", value: text)]),
                            CredentialsField(
                                name: text, type: "hidden", attributes: [.init(name: "value", value: text)]),
                        ])),
            ],
            csrfToken: text, callbackURL: text)
    }

    var account: AccountPage {
        AccountPage(
            site: site, name: text, email: text,
            sessions: [
                .init(device: text, network: text, created: time, lastSeen: time, isCurrent: false, endURL: url),
                .init(device: text, network: text, created: time, lastSeen: time, isCurrent: true, endURL: url),
            ],
            ways: .init(
                linked: [
                    .init(providerName: text, account: text, linked: time, unlinkURL: url),
                    .init(providerName: text, account: text, linked: time, unlinkURL: nil),
                ],
                available: [
                    .init(id: text, providerName: text, linkURL: url),
                    .init(id: "styled", providerName: text, linkURL: url),
                ]),
            notice: .sessionEnded, endOthersURL: url, signOutURL: url, csrfToken: text)
    }

    var followLink: FollowLinkPage {
        FollowLinkPage(
            site: site, action: url, address: text, token: text, callbackURL: text, isElsewhere: true, csrfToken: text)
    }

    var mailbox: MailboxPage {
        MailboxPage(
            site: site,
            messages: [.init(sender: text, recipient: text, subject: text, text: text, link: url, sent: time)])
    }

    var demo: DemoPage {
        DemoPage(
            site: site, user: .init(name: text, email: text), sessionJSON: text, signInURL: url, accountURL: url,
            signOutURL: url, logins: [.init(username: text, password: text)], mailboxURL: url,
            commands: [.init(title: text, text: text)])
    }

    private static let decorated = Result { try decoratedRenderer(scheme: "auto") }
    private static let plain = Result { try PageRenderer() }

    /// A renderer without theme and styles.
    static func plainRenderer() throws -> PageRenderer { try plain.get() }

    /// A renderer with a logo and a styled provider, in the automatic scheme.
    static func renderer() throws -> PageRenderer { try decorated.get() }

    /// The same in a given scheme.
    static func decoratedRenderer(scheme: String) throws -> PageRenderer {
        try PageRenderer(
            theme: PageTheme(colorScheme: scheme, logo: "https://img.example/logo.png"),
            providerStyles: [
                PageProviderStyle(
                    providerID: "styled", logo: "https://cdn.example:8443/mark.svg", background: "#24292f",
                    text: "#fff", darkBackground: "#fff", darkText: "#24292f")
            ])
    }

    /// Every page by its name.
    func pages(_ renderer: PageRenderer) -> [(name: String, html: String)] {
        var signedOutDemo = demo
        signedOutDemo.user = nil
        var pages = [
            ("sign-in", renderer.signIn(signIn)),
            ("sign-out", renderer.signOut(SignOutPage(site: site, signOutURL: url, csrfToken: text))),
            ("verify-request", renderer.verifyRequest(VerifyRequestPage(site: site))),
            ("account", renderer.account(account)),
            ("follow-link", renderer.followLink(followLink)),
            ("mailbox", renderer.mailbox(mailbox)),
            ("demo", renderer.demo(demo)),
            ("demo, signed out", renderer.demo(signedOutDemo)),
            ("not found", renderer.notFound(NotFoundPage(site: site))),
            ("unavailable", renderer.unavailable(UnavailablePage(site: site, retryURL: url))),
            ("refused", renderer.refused(RefusedPage(site: site, code: text, explanation: text))),
        ]
        for kind in ErrorPage.Kind.allCases {
            pages.append(("error, \(kind)", renderer.error(ErrorPage(kind: kind, site: site, signInURL: url))))
        }
        return pages.map { (name: $0.0, html: $0.1) }
    }
}
