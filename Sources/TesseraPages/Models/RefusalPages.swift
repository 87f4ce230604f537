/// What the page for an unknown address shows (status 404).
package struct NotFoundPage: Sendable {
    /// The site to go back to.
    package var site: PageSite

    /// A not-found page.
    package init(site: PageSite) {
        self.site = site
    }
}

/// What the page shows while the store cannot be asked (status 503): the user is not signed out by that.
package struct UnavailablePage: Sendable {
    /// The site.
    package var site: PageSite
    /// What 'Try again' opens: the address that was asked for.
    package var retryURL: String

    /// A page for a service that is unavailable for the moment.
    package init(site: PageSite, retryURL: String) {
        self.site = site
        self.retryURL = retryURL
    }
}

/// What the page for a request that cannot be accepted shows (statuses 400 to 431).
package struct RefusedPage: Sendable {
    /// The site to go back to.
    package var site: PageSite
    /// The stable error code, shown for those who ask for help with it.
    package var code: String
    /// One sentence that says more; nil for a general one.
    package var explanation: String?

    /// A page for a refused request.
    package init(site: PageSite, code: String, explanation: String? = nil) {
        self.site = site
        self.code = code
        self.explanation = explanation
    }
}
