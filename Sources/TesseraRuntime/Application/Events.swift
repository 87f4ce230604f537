public import JSON
public import TesseraCore
public import TesseraTokens

/// What the application may want to know of (contract 4.7). Handlers are awaited; what they throw is logged and does
/// not change the answer.
public struct Events: Sendable {
    /// Somebody signed in.
    public var signIn: (@Sendable (SignIn) async throws -> Void)?
    /// Somebody signed out with `POST signout`.
    public var signOut: (@Sendable (SignOut) async throws -> Void)?
    /// A session was read or updated.
    public var session: (@Sendable (SessionRead) async throws -> Void)?
    /// Sessions of a user ended, whoever ended them; also when they end because an old token was presented again
    /// (`reuse`). Not told: sessions that reach their limits, and the end of everybody's.
    public var sessionsEnded: (@Sendable (SessionsEnded) async throws -> Void)?

    public init(
        signIn: (@Sendable (SignIn) async throws -> Void)? = nil,
        signOut: (@Sendable (SignOut) async throws -> Void)? = nil,
        session: (@Sendable (SessionRead) async throws -> Void)? = nil,
        sessionsEnded: (@Sendable (SessionsEnded) async throws -> Void)? = nil
    ) {
        self.signIn = signIn
        self.signOut = signOut
        self.session = session
        self.sessionsEnded = sessionsEnded
    }

    public struct SignIn: Sendable {
        public let user: UserProfile
        public let account: Account
        public let session: SessionID
        public let isNewUser: Bool?
    }

    public struct SignOut: Sendable {
        /// The token that was presented.
        public let token: SessionToken
    }

    public struct SessionRead: Sendable {
        /// What was answered.
        public let session: JSONObject
        public let token: SessionToken
    }

    public struct SessionsEnded: Sendable {
        public let user: UserID
        public let sessions: [SessionID]
        public let reason: EndReason
        /// Where the reason is `reuse`: how the old token came back.
        public let reuse: ReuseKind?
    }
}
