/// What the sign-out page shows (contract 6.4).
package struct SignOutPage: Sendable {
    /// The site signed out of.
    package var site: PageSite
    /// Where the form is posted: `{base}/signout`.
    package var signOutURL: String
    /// The hidden `csrfToken`.
    package var csrfToken: String

    /// A sign-out page.
    package init(site: PageSite, signOutURL: String, csrfToken: String) {
        self.site = site
        self.signOutURL = signOutURL
        self.csrfToken = csrfToken
    }
}
