/// What the page behind a link in an e-mail shows: a button that uses the link up, so that a program which looks at
/// every link of a message does not.
package struct FollowLinkPage: Sendable {
    /// The site signed in to.
    package var site: PageSite
    /// Where the form is posted.
    package var action: String
    /// The address that the link was sent to.
    package var address: String
    /// What the link carries.
    package var token: String
    /// Where to go afterwards.
    package var callbackURL: String
    /// Whether the link was asked for in another browser than this one.
    package var isElsewhere: Bool
    /// The hidden `csrfToken`.
    package var csrfToken: String

    /// A page behind a link.
    package init(
        site: PageSite, action: String, address: String, token: String, callbackURL: String, isElsewhere: Bool,
        csrfToken: String
    ) {
        self.site = site
        self.action = action
        self.address = address
        self.token = token
        self.callbackURL = callbackURL
        self.isElsewhere = isElsewhere
        self.csrfToken = csrfToken
    }
}
