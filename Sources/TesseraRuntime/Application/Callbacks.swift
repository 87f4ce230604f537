public import JSON
import TesseraCore
public import TesseraTokens

/// The application's say in signing in and in what tokens and sessions contain (contract 4.6).
///
/// A callback that is left out does what NextAuth.js does by default. A callback that throws never signs anybody out:
/// the request fails with `callback_failed`, and the cookie stays.
///
/// No time limit is set on a callback: what it waits for has to have one. While a `jwt` callback hangs, further
/// rotations of the same user wait for it, 10 seconds each, and then fail with `overloaded`; whatever ends his sessions
/// does not wait.
public struct Callbacks: Sendable {
    /// Whether somebody may sign in. Default: yes.
    public var signIn: (@Sendable (SignInAttempt) async throws -> SignInVerdict)?
    /// Where to go after signing in or out. Default: a path on our origin, or a URL of our origin, as it is; anything
    /// else, our origin. What is returned must be an absolute `http` or `https` URL, or a path.
    public var redirect: (@Sendable (RedirectRequest) async throws -> String)?
    /// The claims of a token about to be minted. Runs at sign-in, at a session update, and at every rotation (once a
    /// fresh window, not on every read). Default: as they are. `nil` ends the session.
    public var jwt: (@Sendable (JWTRequest) async throws -> JSONObject?)?
    /// What `GET session` answers. Runs on every read. Default: name, email and image of the user, and `expires`.
    public var session: (@Sendable (SessionRequest) async throws -> JSONObject)?

    public init(
        signIn: (@Sendable (SignInAttempt) async throws -> SignInVerdict)? = nil,
        redirect: (@Sendable (RedirectRequest) async throws -> String)? = nil,
        jwt: (@Sendable (JWTRequest) async throws -> JSONObject?)? = nil,
        session: (@Sendable (SessionRequest) async throws -> JSONObject)? = nil
    ) {
        self.signIn = signIn
        self.redirect = redirect
        self.jwt = jwt
        self.session = session
    }
}

/// Somebody who has proved who he is, before he is let in.
public struct SignInAttempt: Sendable {
    public let user: UserProfile
    public let account: Account
    /// The provider's own profile; OAuth only.
    public let profile: JSONObject?
    /// The fields of the sign-in form; credentials only.
    public let credentials: JSONObject?
    /// True when an e-mail link is requested, before it is sent.
    public let isEmailRequest: Bool

    package init(
        user: UserProfile, account: Account, profile: JSONObject? = nil, credentials: JSONObject? = nil,
        isEmailRequest: Bool = false
    ) {
        self.user = user
        self.account = account
        self.profile = profile
        self.credentials = credentials
        self.isEmailRequest = isEmailRequest
    }
}

/// The answer to a sign-in attempt.
public enum SignInVerdict: Sendable, Equatable {
    case allow
    /// Shown as `AccessDenied`.
    case deny
    /// Not let in; sent there instead.
    case redirect(String)
}

/// A question where to go.
public struct RedirectRequest: Sendable {
    /// What was asked for.
    public let url: String
    /// Our own origin.
    public let baseURL: String

    package init(url: String, baseURL: String) {
        self.url = url
        self.baseURL = baseURL
    }
}

/// A token about to be minted.
public struct JWTRequest: Sendable {
    /// Why it is minted; the raw values are those of NextAuth.js.
    public enum Trigger: String, Sendable, Hashable {
        case signIn
        case signUp
        case update
    }

    /// At sign-in `name`, `email`, `picture`, `sub`; otherwise the whole payload of the token before.
    public let token: JSONObject
    /// At sign-in: the user.
    public let user: UserProfile?
    /// At sign-in: the account he signed in with.
    public let account: Account?
    /// At sign-in with OAuth: the provider's own profile.
    public let profile: JSONObject?
    public let isNewUser: Bool?
    /// `nil` at a rotation.
    public let trigger: Trigger?
    /// What the browser sent with an update; to be checked before use.
    public let session: JSONValue?

    package init(
        token: JSONObject, user: UserProfile? = nil, account: Account? = nil, profile: JSONObject? = nil,
        isNewUser: Bool? = nil, trigger: Trigger? = nil, session: JSONValue? = nil
    ) {
        self.token = token
        self.user = user
        self.account = account
        self.profile = profile
        self.isNewUser = isNewUser
        self.trigger = trigger
        self.session = session
    }
}

/// A session about to be shown to its browser.
public struct SessionRequest: Sendable {
    /// `{"user": {"name", "email", "image"}, "expires"}`, the default answer.
    public let session: JSONObject
    public let token: SessionToken

    package init(session: JSONObject, token: SessionToken) {
        self.session = session
        self.token = token
    }
}

/// Thrown by `authorize` or the `signIn` callback to refuse with a message that the user is to see.
///
/// Any other error is logged, and the user is told only that signing in failed.
public struct SignInRejection: Error, Sendable, Equatable {
    /// Stands in the `error` parameter of the error page's address.
    public let message: String

    public init(_ message: String) { self.message = message }
}
