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
    /// A user was made in the directory.
    public var createUser: (@Sendable (UserChanged) async throws -> Void)?
    /// A user of the directory changed: his address was verified.
    public var updateUser: (@Sendable (UserChanged) async throws -> Void)?
    /// A user was given another way in.
    public var linkAccount: (@Sendable (AccountChanged) async throws -> Void)?
    /// A way in was taken away from a user.
    public var unlinkAccount: (@Sendable (AccountChanged) async throws -> Void)?

    public init(
        signIn: (@Sendable (SignIn) async throws -> Void)? = nil,
        signOut: (@Sendable (SignOut) async throws -> Void)? = nil,
        session: (@Sendable (SessionRead) async throws -> Void)? = nil,
        sessionsEnded: (@Sendable (SessionsEnded) async throws -> Void)? = nil,
        createUser: (@Sendable (UserChanged) async throws -> Void)? = nil,
        updateUser: (@Sendable (UserChanged) async throws -> Void)? = nil,
        linkAccount: (@Sendable (AccountChanged) async throws -> Void)? = nil,
        unlinkAccount: (@Sendable (AccountChanged) async throws -> Void)? = nil
    ) {
        self.signIn = signIn
        self.signOut = signOut
        self.session = session
        self.sessionsEnded = sessionsEnded
        self.createUser = createUser
        self.updateUser = updateUser
        self.linkAccount = linkAccount
        self.unlinkAccount = unlinkAccount
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

    public struct UserChanged: Sendable {
        /// As he is now.
        public let user: UserProfile
    }

    public struct AccountChanged: Sendable {
        public let user: UserProfile
        public let account: Account
        /// The provider's own profile, mapped; only when an account is linked.
        public let profile: UserProfile?
    }
}
