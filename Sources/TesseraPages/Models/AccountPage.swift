/// What the account page shows: who is signed in, where, and buttons to end it.
package struct AccountPage: Sendable {
    /// One session of the user.
    package struct Session: Sendable, Equatable {
        /// The device in words, as condensed from its user agent; empty for an unknown one.
        package var device: String
        /// The network it was seen from, such as an IP prefix; nil or empty for unknown.
        package var network: String?
        /// When the user signed in there.
        package var created: PageTime
        /// When it was last in use.
        package var lastSeen: PageTime
        /// Whether the page is shown in this very session.
        package var isCurrent: Bool
        /// Where a plain POST ends it. Not used for the current one, which is signed out instead.
        package var endURL: String

        /// A session.
        package init(
            device: String, network: String?, created: PageTime, lastSeen: PageTime, isCurrent: Bool, endURL: String
        ) {
            self.device = device
            self.network = network
            self.created = created
            self.lastSeen = lastSeen
            self.isCurrent = isCurrent
            self.endURL = endURL
        }
    }

    /// The site.
    package var site: PageSite
    /// The user's name; nil or empty for none.
    package var name: String?
    /// The user's email address; nil or empty for none.
    package var email: String?
    /// The user's live sessions. The current one is shown first, the others in this order.
    package var sessions: [Session]
    /// What came of the last action; nil for nothing.
    package var notice: AccountNotice?
    /// Where a plain POST ends all sessions but this one.
    package var endOthersURL: String
    /// `{base}/signout`: linked to, and posted to with `scope=everywhere`.
    package var signOutURL: String
    /// The hidden `csrfToken` of every form.
    package var csrfToken: String

    /// An account page.
    package init(
        site: PageSite, name: String?, email: String?, sessions: [Session], notice: AccountNotice? = nil,
        endOthersURL: String, signOutURL: String, csrfToken: String
    ) {
        self.site = site
        self.name = name
        self.email = email
        self.sessions = sessions
        self.notice = notice
        self.endOthersURL = endOthersURL
        self.signOutURL = signOutURL
        self.csrfToken = csrfToken
    }
}
