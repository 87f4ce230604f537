import TesseraCore

/// What an operator or an application decides about addresses, cookies and pages.
package struct HTTPSettings: Sendable {
    package var url: URLSource
    /// Whether `X-Forwarded-For` of the proxy in front is believed.
    package var trustsProxy: Bool
    /// Overrides the detection of https.
    package var useSecureCookies: Bool?
    package var cookies: CookieOverrides
    package var pages: CustomPages
    /// The path of a demo's mailbox, which the page after asking for a link then leads to.
    package var mailboxPath: String?

    package init(
        url: URLSource = .localhost, trustsProxy: Bool = false, useSecureCookies: Bool? = nil,
        cookies: CookieOverrides = CookieOverrides(), pages: CustomPages = CustomPages()
    ) {
        self.url = url
        self.trustsProxy = trustsProxy
        self.useSecureCookies = useSecureCookies
        self.cookies = cookies
        self.pages = pages
    }

    /// The cookies where browsers use https, or do not.
    package func cookies(secure: Bool) -> CookieSettings {
        cookies.applied(to: CookieSettings.standard(secure: useSecureCookies ?? secure))
    }
}

/// Cookies that are other than the default ones. An entry replaces the default as a whole, attributes included
/// (contract 2.6).
public struct CookieOverrides: Sendable, Hashable {
    public var sessionToken: CookieSettings.Cookie?
    public var callbackURL: CookieSettings.Cookie?
    public var csrfToken: CookieSettings.Cookie?
    public var pkceCodeVerifier: CookieSettings.Cookie?
    public var state: CookieSettings.Cookie?
    public var nonce: CookieSettings.Cookie?

    public init(
        sessionToken: CookieSettings.Cookie? = nil, callbackURL: CookieSettings.Cookie? = nil,
        csrfToken: CookieSettings.Cookie? = nil, pkceCodeVerifier: CookieSettings.Cookie? = nil,
        state: CookieSettings.Cookie? = nil, nonce: CookieSettings.Cookie? = nil
    ) {
        self.sessionToken = sessionToken
        self.callbackURL = callbackURL
        self.csrfToken = csrfToken
        self.pkceCodeVerifier = pkceCodeVerifier
        self.state = state
        self.nonce = nonce
    }

    func applied(to standard: CookieSettings) -> CookieSettings {
        CookieSettings(
            sessionToken: sessionToken ?? standard.sessionToken, callbackURL: callbackURL ?? standard.callbackURL,
            csrfToken: csrfToken ?? standard.csrfToken,
            pkceCodeVerifier: pkceCodeVerifier ?? standard.pkceCodeVerifier, state: state ?? standard.state,
            nonce: nonce ?? standard.nonce)
    }
}

/// Pages of the application's own that take the place of built-in ones: URLs or paths (contract 6.3).
public struct CustomPages: Sendable, Hashable {
    public var signIn: String?
    public var signOut: String?
    public var error: String?
    public var verifyRequest: String?
    public var newUser: String?

    public init(
        signIn: String? = nil, signOut: String? = nil, error: String? = nil, verifyRequest: String? = nil,
        newUser: String? = nil
    ) {
        self.signIn = signIn
        self.signOut = signOut
        self.error = error
        self.verifyRequest = verifyRequest
        self.newUser = newUser
    }

    /// What cannot be a page's address, in words.
    public var problems: [String] {
        [
            ("signIn", signIn), ("signOut", signOut), ("error", error), ("verifyRequest", verifyRequest),
            ("newUser", newUser),
        ].compactMap { name, page in
            guard let page, !CallbackURL.isAcceptable(page) else { return nil }
            return "pages.\(name) must be a path or an http(s) URL, not \"\(page)\""
        }
    }
}
