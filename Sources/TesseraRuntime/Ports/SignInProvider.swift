public import JSON

/// A way to sign in, as the pages and `GET providers` show it.
public enum SignInProvider: Sendable {
    /// A form of ours, checked by the application.
    case credentials(CredentialsProvider)
    /// A journey elsewhere that comes back: OAuth.
    case redirecting(any RedirectingProvider)
    /// A link in an e-mail.
    case email(EmailProvider)

    /// Names it in addresses: letters, digits, `-`, `_` and `.`.
    public var id: String {
        switch self {
        case .credentials(let provider): provider.id
        case .redirecting(let provider): provider.id
        case .email(let provider): provider.id
        }
    }

    public var name: String {
        switch self {
        case .credentials(let provider): provider.name
        case .redirecting(let provider): provider.name
        case .email(let provider): provider.name
        }
    }

    public var type: ProviderType {
        switch self {
        case .credentials: .credentials
        case .redirecting(let provider): provider.type
        case .email: .email
        }
    }

    /// Credentials, checked by `authorize`: the user, or `nil` when they are wrong.
    public static func credentials(
        id: String = "credentials", name: String = "Credentials", fields: [CredentialField] = CredentialField.standard,
        authorize: @escaping CredentialsProvider.Authorize
    ) -> SignInProvider {
        .credentials(CredentialsProvider(id: id, name: name, fields: fields, authorize: authorize))
    }
}

/// Signs in with the fields of a form, checked by the application (contract 5.6).
public struct CredentialsProvider: Sendable {
    /// Answers with the user, or `nil` when the credentials are wrong. May throw `SignInRejection` to say why.
    public typealias Authorize = @Sendable (Credentials, SignInRequest) async throws -> UserProfile?

    public let id: String
    public let name: String
    public let fields: [CredentialField]
    public let authorize: Authorize

    public init(id: String, name: String, fields: [CredentialField], authorize: @escaping Authorize) {
        self.id = id
        self.name = name
        self.fields = fields
        self.authorize = authorize
    }
}

/// What somebody filled in.
public struct Credentials: Sendable {
    /// The whole body of the form, `csrfToken` and `json` included.
    public let body: JSONObject

    package init(body: JSONObject) { self.body = body }

    /// The text in a field; `nil` where it is missing or no text.
    public subscript(field: String) -> String? { body[field]?.string }
}

/// One field of a credentials form.
public struct CredentialField: Sendable, Hashable {
    public let name: String
    public let label: String
    /// The `type` of the HTML input.
    public let type: String
    public let placeholder: String?
    /// The `autocomplete` of the HTML input, for password managers.
    public let autocomplete: String?

    public init(
        _ name: String, label: String, type: String = "text", placeholder: String? = nil, autocomplete: String? = nil
    ) {
        self.name = name
        self.label = label
        self.type = type
        self.placeholder = placeholder
        self.autocomplete = autocomplete
    }

    /// `username` and `password`.
    public static let standard = [
        CredentialField("username", label: "Username", autocomplete: "username"),
        CredentialField("password", label: "Password", type: "password", autocomplete: "current-password"),
    ]
}

/// The request that somebody signs in with.
public struct SignInRequest: Sendable {
    public let method: String
    /// Names in lower case; several fields of one name are joined with `, `.
    public let headers: [String: String]
    public let query: [String: String]
    public let body: JSONObject
    public let origin: RequestOrigin

    package init(
        method: String, headers: [String: String], query: [String: String], body: JSONObject, origin: RequestOrigin
    ) {
        self.method = method
        self.headers = headers
        self.query = query
        self.body = body
        self.origin = origin
    }

    /// A parameter of the form, or else of the query.
    public func parameter(_ name: String) -> String? { body[name]?.string ?? query[name] }
}

/// The port for providers that send the browser away and get it back (contract 5.2 to 5.5).
public protocol RedirectingProvider: Sendable {
    var id: String { get }
    var name: String { get }
    /// `oauth` or `email`.
    var type: ProviderType { get }

    /// Begins a sign-in: where the browser goes, and what has to be known again when it comes back.
    func begin(_ request: SignInRequest, callbackURL: String) async throws -> RedirectBegin

    /// Ends a sign-in: whom the provider has identified. Throws `SignInRejection` or an error of its own.
    ///
    /// - Parameter checks: the values that `begin` wanted to keep, from this browser's check cookies.
    func finish(
        _ request: SignInRequest, checks: [SignInCheck: String], callbackURL: String
    ) async throws -> RedirectEnd

    /// What `RedirectBegin.state` was for the journey that a request ends; `nil` where it does not say.
    func state(in request: SignInRequest) -> String?

    /// How its button looks; `nil` for the page's own colours.
    var style: ProviderStyle? { get }

    /// Whether an account of this provider is linked to the user with the same address without more ado. Only for
    /// providers whose word on addresses can be relied on.
    var allowDangerousEmailAccountLinking: Bool { get }
}

extension RedirectingProvider {
    /// The parameter `state`, of the body before the query.
    public func state(in request: SignInRequest) -> String? { request.parameter("state") }

    public var style: ProviderStyle? { nil }

    public var allowDangerousEmailAccountLinking: Bool { false }
}

/// The colours of a provider's button, `#rgb` or `#rrggbb`; what is `nil` is the page's own.
public struct ProviderStyle: Sendable, Hashable {
    public var background: String?
    public var text: String?
    public var darkBackground: String?
    public var darkText: String?

    public init(
        background: String? = nil, text: String? = nil, darkBackground: String? = nil, darkText: String? = nil
    ) {
        self.background = background
        self.text = text
        self.darkBackground = darkBackground
        self.darkText = darkText
    }
}

/// A provider whose access tokens can be renewed (RFC 6749, section 6).
public protocol TokenRefreshing: Sendable {
    /// Asks for new tokens.
    ///
    /// - Parameter tokens: the account's tokens, as `Account.tokens` had them.
    /// - Returns: the tokens that replace them; a refresh token that the provider did not renew is still among them.
    /// - Throws: `TokenRefreshFailure`.
    func refresh(_ tokens: JSONObject) async throws -> JSONObject
}

/// Why tokens were not renewed.
public struct TokenRefreshFailure: Error, Sendable, CustomStringConvertible {
    /// Whether the grant has ended, so that the user has to sign in again; otherwise it is worth another try later.
    public let isFinal: Bool
    /// What happened, in words; holds no token.
    public let message: String

    public init(isFinal: Bool, message: String) {
        self.isFinal = isFinal
        self.message = message
    }

    public var description: String { message }
}

/// A value that a sign-in elsewhere keeps in a cookie of its own until the browser is back (contract 2.5). The raw values
/// are what NextAuth.js names the cookies after.
public enum SignInCheck: String, Sendable, Hashable, CaseIterable {
    case state
    case nonce
    case pkceCodeVerifier = "pkce.code_verifier"
    /// Not a provider's: says that a journey is to link an account, and in which session that was asked for.
    case link
}

/// How a sign-in elsewhere begins.
public struct RedirectBegin: Sendable {
    /// Where the browser is sent.
    public let url: String
    /// The `state` parameter of `url`, which tells parallel sign-ins of one browser apart.
    public let state: String
    /// Values to be sealed in this browser's check cookies.
    public let checks: [SignInCheck: String]

    public init(url: String, state: String, checks: [SignInCheck: String]) {
        self.url = url
        self.state = state
        self.checks = checks
    }
}

/// Whom a provider has identified.
public struct RedirectEnd: Sendable {
    public let user: UserProfile
    public let account: Account
    public let profile: JSONObject?
    public let isNewUser: Bool?
    /// Whether the provider says that it has verified the user's e-mail address; `nil` where it does not say.
    public let isEmailVerified: Bool?
    /// Who he is to an OpenID provider; `nil` where there was no ID token.
    public let identity: ProviderIdentity?

    public init(
        user: UserProfile, account: Account, profile: JSONObject? = nil, isNewUser: Bool? = nil,
        isEmailVerified: Bool? = nil, identity: ProviderIdentity? = nil
    ) {
        self.user = user
        self.account = account
        self.profile = profile
        self.isNewUser = isNewUser
        self.isEmailVerified = isEmailVerified
        self.identity = identity
    }
}
