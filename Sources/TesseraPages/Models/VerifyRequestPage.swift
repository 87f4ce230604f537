/// What the page after asking for a sign-in link shows (contract 6.4).
package struct VerifyRequestPage: Sendable {
    /// The site signed in to; the page links to it under its host.
    package var site: PageSite
    /// Where a demo shows the message instead of sending it.
    package var mailboxURL: String?

    /// A verify-request page.
    package init(site: PageSite, mailboxURL: String? = nil) {
        self.site = site
        self.mailboxURL = mailboxURL
    }
}
