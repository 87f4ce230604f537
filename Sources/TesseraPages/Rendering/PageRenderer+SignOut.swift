extension PageRenderer {
    /// The sign-out page, status 200: a question, and a form that answers it for this session or for all.
    package func signOut(_ page: SignOutPage) -> String {
        let view = SignOutView(
            host: page.site.host, siteURL: LinkTarget.safe(page.site.url), action: LinkTarget.safe(page.signOutURL),
            csrfToken: page.csrfToken,
            choice: page.elsewhere.flatMap { $0.isChoice ? $0.providerName : nil },
            onward: page.elsewhere.flatMap { $0.isChoice ? nil : $0.providerName })
        return render(view, with: .signOut, title: "Sign Out", site: page.site)
    }

    /// The page after asking for a sign-in link, status 200.
    package func verifyRequest(_ page: VerifyRequestPage) -> String {
        let view = VerifyRequestView(
            host: page.site.host, siteURL: LinkTarget.safe(page.site.url),
            mailboxURL: page.mailboxURL.map { LinkTarget.safe($0) })
        return render(view, with: .verifyRequest, title: "Verify Request", site: page.site)
    }
}

/// What `sign-out.mustache` shows.
struct SignOutView: Sendable {
    let host: String
    let siteURL: String
    let action: String
    let csrfToken: String
    /// The provider where the user may sign out, too.
    let choice: String?
    /// The provider where he signs out in any case.
    let onward: String?
}

/// What `verify-request.mustache` shows.
struct VerifyRequestView: Sendable {
    let host: String
    let siteURL: String
    let mailboxURL: String?
}
