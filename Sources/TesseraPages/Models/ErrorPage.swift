/// What the error page shows (contract 6.2, 6.4).
package struct ErrorPage: Sendable {
    /// The four views of the page.
    package enum Kind: Sendable, Equatable, CaseIterable {
        /// Any code that is not one of the others, and none.
        case standard
        /// The server is set up wrongly.
        case configuration
        /// The user may not sign in.
        case accessDenied
        /// A sign-in link was used, has expired, or never was one.
        case verification

        /// The view for the query's `error`; the letters' case does not matter.
        package init(code: String?) {
            switch code?.lowercased() {
            case "configuration": self = .configuration
            case "accessdenied": self = .accessDenied
            case "verification": self = .verification
            default: self = .standard
            }
        }

        /// The HTTP status of the answer.
        package var status: Int {
            switch self {
            case .standard: 200
            case .configuration: 500
            case .accessDenied, .verification: 403
            }
        }
    }

    /// The view.
    package var kind: Kind
    /// The site; the default view links to it.
    package var site: PageSite
    /// Where the views after a refused sign-in link to: `{base}/signin`.
    package var signInURL: String

    /// An error page.
    package init(kind: Kind, site: PageSite, signInURL: String) {
        self.kind = kind
        self.site = site
        self.signInURL = signInURL
    }
}
