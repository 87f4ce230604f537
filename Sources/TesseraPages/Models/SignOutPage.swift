/// What the sign-out page shows (contract 6.4).
package struct SignOutPage: Sendable {
    /// The site signed out of.
    package var site: PageSite
    /// Where the form is posted: `{base}/signout`.
    package var signOutURL: String
    /// The hidden `csrfToken`.
    package var csrfToken: String
    /// Where else signing out goes on; `nil` for nowhere.
    package var elsewhere: Elsewhere?

    /// The provider that the session was begun at.
    package struct Elsewhere: Sendable {
        package var providerName: String
        /// Whether the user decides.
        package var isChoice: Bool

        package init(providerName: String, isChoice: Bool) {
            self.providerName = providerName
            self.isChoice = isChoice
        }
    }

    /// A sign-out page.
    package init(site: PageSite, signOutURL: String, csrfToken: String, elsewhere: Elsewhere? = nil) {
        self.site = site
        self.signOutURL = signOutURL
        self.csrfToken = csrfToken
        self.elsewhere = elsewhere
    }
}
