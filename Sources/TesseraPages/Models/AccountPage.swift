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

    /// The ways in of the user.
    package struct Ways: Sendable, Equatable {
        /// What is linked.
        package var linked: [Way]
        /// What can be.
        package var available: [Available]

        /// Ways in.
        package init(linked: [Way], available: [Available]) {
            self.linked = linked
            self.available = available
        }
    }

    /// A linked account.
    package struct Way: Sendable, Equatable {
        /// The provider's name.
        package var providerName: String
        /// The user's name there.
        package var account: String
        /// When it was linked.
        package var linked: PageTime
        /// Where a plain POST with the field `account` takes it away; nil for the last way in.
        package var unlinkURL: String?

        /// A linked account.
        package init(providerName: String, account: String, linked: PageTime, unlinkURL: String?) {
            self.providerName = providerName
            self.account = account
            self.linked = linked
            self.unlinkURL = unlinkURL
        }
    }

    /// A provider whose account can be linked. Its colours and logo come from the renderer's styles, by id.
    package struct Available: Sendable, Equatable {
        /// The configured id.
        package var id: String
        /// The name on the button.
        package var providerName: String
        /// Where a plain POST begins.
        package var linkURL: String

        /// A provider.
        package init(id: String, providerName: String, linkURL: String) {
            self.id = id
            self.providerName = providerName
            self.linkURL = linkURL
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
    /// The user's ways in; nil where users are kept nowhere.
    package var ways: Ways?
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
        site: PageSite, name: String?, email: String?, sessions: [Session], ways: Ways? = nil,
        notice: AccountNotice? = nil, endOthersURL: String, signOutURL: String, csrfToken: String
    ) {
        self.site = site
        self.name = name
        self.email = email
        self.sessions = sessions
        self.ways = ways
        self.notice = notice
        self.endOthersURL = endOthersURL
        self.signOutURL = signOutURL
        self.csrfToken = csrfToken
    }
}
