extension PageRenderer {
    /// The error page; its status is ``ErrorPage/Kind/status``.
    package func error(_ page: ErrorPage) -> String {
        let home = MessageView.Link(label: page.site.host, url: page.site.url)
        let signIn = MessageView.Link(label: "Sign in", url: page.signInURL)
        let view =
            switch page.kind {
            case .standard:
                MessageView(
                    heading: "Something went wrong",
                    paragraphs: ["That did not work. You can go back to the site and try again."],
                    button: nil, link: home)
            case .configuration:
                MessageView(
                    heading: "The server is not set up correctly",
                    paragraphs: [
                        "Signing in does not work because of a problem with the server's configuration.",
                        "If you run this server, its log says what is wrong.",
                    ],
                    button: nil, link: nil)
            case .accessDenied:
                MessageView(
                    heading: "Access denied", paragraphs: ["You do not have permission to sign in with this account."],
                    button: signIn, link: nil)
            case .verification:
                MessageView(
                    heading: "This link no longer works",
                    paragraphs: ["It has been used already, or it has expired. You can ask for a new one."],
                    button: signIn, link: nil)
            }
        return render(view, with: .message, title: "Error", site: page.site)
    }

    /// The page for an unknown address, status 404.
    package func notFound(_ page: NotFoundPage) -> String {
        let view = MessageView(
            heading: "Page not found", paragraphs: ["There is nothing at this address."], button: nil,
            link: .init(label: page.site.host, url: page.site.url))
        return render(view, with: .message, title: "Not Found", site: page.site)
    }

    /// The page while the store cannot be asked, status 503.
    package func unavailable(_ page: UnavailablePage) -> String {
        let view = MessageView(
            heading: "Please try again in a moment",
            paragraphs: [
                "The sign-in service cannot be reached just now.", "You have not been signed out.",
            ],
            button: .init(label: "Try again", url: page.retryURL), link: nil)
        return render(view, with: .message, title: "Service Unavailable", site: page.site)
    }

    /// The page for a request that cannot be accepted, statuses 400 to 431.
    package func refused(_ page: RefusedPage) -> String {
        let view = MessageView(
            heading: "This request was refused",
            paragraphs: [page.explanation ?? "It could not be accepted as it was sent. Go back and try again."],
            code: page.code.isEmpty ? nil : page.code, button: nil,
            link: .init(label: page.site.host, url: page.site.url))
        return render(view, with: .message, title: "Request Refused", site: page.site)
    }
}

/// What `message.mustache` shows: a heading, some sentences, and where to go from there.
struct MessageView: Sendable {
    /// A link.
    struct Link: Sendable {
        let linkLabel: String
        let linkURL: String

        init(label: String, url: String) {
            linkLabel = label
            linkURL = LinkTarget.safe(url)
        }
    }

    let heading: String
    let paragraphs: [String]
    let code: String?
    /// Shown as a button.
    let button: Link?
    /// Shown as a link: back to the site.
    let link: Link?

    init(heading: String, paragraphs: [String], code: String? = nil, button: Link?, link: Link?) {
        self.heading = heading
        self.paragraphs = paragraphs
        self.code = code
        self.button = button
        self.link = link
    }
}
