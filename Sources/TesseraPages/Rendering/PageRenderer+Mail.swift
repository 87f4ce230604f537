import Mustache

extension PageRenderer {
    /// The page behind a link in an e-mail, status 200.
    package func followLink(_ page: FollowLinkPage) -> String {
        let view = FollowLinkView(
            host: page.site.host, siteURL: LinkTarget.safe(page.site.url), action: LinkTarget.safe(page.action),
            address: page.address, token: page.token, callbackURL: page.callbackURL, isElsewhere: page.isElsewhere,
            csrfToken: page.csrfToken)
        return render(view, with: .followLink, title: "Sign In", site: page.site)
    }

    /// The demo's mailbox, status 200.
    package func mailbox(_ page: MailboxPage) -> String {
        let view = MailboxView(
            host: page.site.host, siteURL: LinkTarget.safe(page.site.url), isEmpty: page.messages.isEmpty,
            messages: page.messages.map { message in
                MailboxView.Message(
                    sender: message.sender, recipient: message.recipient, subject: message.subject,
                    text: message.text, link: LinkTarget.safe(message.link), sent: message.sent)
            })
        return render(view, with: .mailbox, title: "Mailbox", site: page.site, isWide: true)
    }

    /// The built-in message with a sign-in link, in the theme's colours. Its subject, plain text, and HTML.
    package func linkMail(_ mail: LinkMail) -> (subject: String, text: String, html: String) {
        let subject = "Sign in to \(mail.host)"
        let text = """
            \(subject)
            \(mail.link)

            The link works once, for \(mail.lifetimeText). If you did not ask for it, do nothing.

            """
        let colors = mailButton
        let view = MailView(
            subject: subject, shownHost: mail.host.brokenUp, recipient: mail.recipient, lifetime: mail.lifetimeText,
            link: LinkTarget.safe(mail.link), buttonColor: "\(colors.background)", buttonText: "\(colors.text)")
        return (subject, text, renderAlone(view, with: .mail))
    }
}

extension String {
    /// With its dots broken up by zero-width spaces, so that mail programs do not make a link of it (contract 5.5).
    fileprivate var brokenUp: String { map { $0 == "." ? "\u{200B}.\u{200B}" : String($0) }.joined() }
}

/// What `follow-link.mustache` shows.
struct FollowLinkView: Sendable {
    let host: String
    let siteURL: String
    let action: String
    let address: String
    let token: String
    let callbackURL: String
    let isElsewhere: Bool
    let csrfToken: String
}

/// What `mailbox.mustache` shows.
struct MailboxView: Sendable {
    /// A message.
    struct Message: Sendable {
        let sender: String
        let recipient: String
        let subject: String
        let text: String
        let link: String
        let sent: PageTime
    }

    let host: String
    let siteURL: String
    let isEmpty: Bool
    let messages: [Message]
}

/// What `mail.mustache` shows.
struct MailView: Sendable {
    let subject: String
    let shownHost: String
    let recipient: String
    let lifetime: String
    let link: String
    let buttonColor: String
    let buttonText: String
}
