/// How long sessions live, and what happens to a token that is presented too late.
public struct SessionPolicy: Sendable, Hashable {
    /// A session ends this long after its sign-in, whatever happens.
    public var absoluteTimeout: Duration
    /// A session ends this long after it was last used.
    public var idleTimeout: Duration
    /// How long after it was minted a token is accepted without asking the store.
    public var freshWindow: Duration
    /// How long after a rotation the generation before is still answered with the same successor, even though the
    /// successor has been seen in use. Zero is the strict mode.
    public var grace: Duration
    /// A user's sessions beyond this number end, the oldest first.
    public var sessionsPerUser: Int
    /// What ends when an old generation is presented again.
    public var onReuse: ReuseResponse

    /// What ends when an old generation is presented again.
    public enum ReuseResponse: String, Sendable, Hashable, CaseIterable {
        /// The session whose token it is.
        case revokeSession = "revoke_session"
        /// That session; and all of the user's where it came from another device.
        case revokeUserOnOtherDevice = "revoke_user_on_other_device"
        /// All sessions of the user.
        case revokeUser = "revoke_user"
    }

    public init(
        absoluteTimeout: Duration, idleTimeout: Duration, freshWindow: Duration, grace: Duration = .seconds(30),
        sessionsPerUser: Int = 100, onReuse: ReuseResponse = .revokeSession
    ) {
        self.absoluteTimeout = absoluteTimeout
        self.idleTimeout = idleTimeout
        self.freshWindow = freshWindow
        self.grace = grace
        self.sessionsPerUser = sessionsPerUser
        self.onReuse = onReuse
    }

    /// 30 days, 14 days without use, 5 minutes fresh.
    public static let consumer = SessionPolicy(
        absoluteTimeout: .days(30), idleTimeout: .days(14), freshWindow: .minutes(5))
    /// 24 hours, 1 hour without use, 5 minutes fresh (NIST SP 800-63B, AAL2).
    public static let aal2 = SessionPolicy(
        absoluteTimeout: .hours(24), idleTimeout: .hours(1), freshWindow: .minutes(5))
    /// 12 hours, 15 minutes without use, 1 minute fresh (NIST SP 800-63B, AAL3).
    public static let aal3 = SessionPolicy(
        absoluteTimeout: .hours(12), idleTimeout: .minutes(15), freshWindow: .seconds(60))

    /// The skew between the clocks of two machines that the promises allow for.
    public static let clockSkew = Duration.seconds(15)

    /// What is wrong with this policy, in words; empty when it can be used.
    public var problems: [String] {
        var problems: [String] = []
        if freshWindow < .seconds(1) { problems.append("freshWindow must be at least 1 second") }
        if freshWindow > .hours(24) { problems.append("freshWindow must be at most 24 hours") }
        if idleTimeout <= freshWindow { problems.append("idleTimeout must be longer than freshWindow") }
        if absoluteTimeout < idleTimeout { problems.append("absoluteTimeout must not be shorter than idleTimeout") }
        if absoluteTimeout > .days(3650) { problems.append("absoluteTimeout must be at most 3650 days") }
        if grace < .zero || grace > freshWindow { problems.append("grace must be between 0 and freshWindow") }
        if !(1...1000).contains(sessionsPerUser) { problems.append("sessionsPerUser must be between 1 and 1000") }
        return problems
    }
}
