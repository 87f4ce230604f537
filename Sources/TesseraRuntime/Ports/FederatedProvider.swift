public import TesseraCore

/// Whether signing out here goes on to the provider that the session was begun at.
public enum FederatedSignOut: String, Sendable, Hashable, CaseIterable {
    /// It ends here.
    case never
    /// As the user chooses.
    case ask
    /// Always.
    case always
}

/// A provider whose sign-out and ours can go together (OpenID Connect RP-Initiated Logout 1.0, Back-Channel Logout 1.0).
public protocol FederatedProvider: RedirectingProvider {
    /// Whether signing out here goes on to the provider.
    var signOut: FederatedSignOut { get }

    /// Whether the provider may tell us that somebody has signed out there.
    var acceptsLogoutTokens: Bool { get }

    /// Whether the provider has a page to sign out at, as far as can be told now.
    func canSignOut() async -> Bool

    /// Where a browser is sent to sign out at the provider; `nil` where the provider has no such page.
    ///
    /// - Parameters:
    ///   - idToken: the ID token that the session was begun with.
    ///   - state: comes back with the browser.
    func signOutURL(idToken: String?, returnTo url: String, state: String) async throws -> String?

    /// Checks a logout token in full, but for whether it was used before. Throws an error of its own.
    func logoutNotice(_ token: String) async throws -> LogoutNotice
}

/// What a provider says in a logout token: whose sessions, or which session, have ended there (Back-Channel Logout 1.0,
/// section 2.4).
public struct LogoutNotice: Sendable, Equatable {
    public let issuer: String
    /// At least one of the two is there.
    public let subject: String?
    /// The provider's own `sid`, as its ID tokens carry it.
    public let session: String?
    /// Names the token, so that it is not used twice.
    public let tokenID: String
    /// When the token was made.
    public let issuedAt: Timestamp
    /// From here on the token would be refused for its age.
    public let expires: Timestamp

    public init(
        issuer: String, subject: String?, session: String?, tokenID: String, issuedAt: Timestamp, expires: Timestamp
    ) {
        self.issuer = issuer
        self.subject = subject
        self.session = session
        self.tokenID = tokenID
        self.issuedAt = issuedAt
        self.expires = expires
    }
}

/// Who somebody is to an OpenID provider, as its ID token says.
public struct ProviderIdentity: Sendable, Equatable {
    public let issuer: String
    public let subject: String
    /// The provider's own `sid`.
    public let session: String?
    public let issuedAt: Timestamp
    /// The ID token itself.
    public let idToken: String

    public init(issuer: String, subject: String, session: String?, issuedAt: Timestamp, idToken: String) {
        self.issuer = issuer
        self.subject = subject
        self.session = session
        self.issuedAt = issuedAt
        self.idToken = idToken
    }
}
