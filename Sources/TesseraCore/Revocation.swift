/// A fact that ends tokens; facts only grow until they expire, so that merging them is always safe.
package enum EndedFact: Sendable, Hashable {
    /// One token, by its `jti`.
    case token(TokenID)
    /// All tokens of a session.
    case session(SessionID)
    /// The tokens of a session below a generation: no longer fresh, whatever they say; the store decides about them.
    case generations(SessionID, below: Generation)
    /// The tokens of a user that carry a lower epoch.
    case user(UserID, below: Epoch)
    /// Every token that carries a lower epoch of the deployment.
    case everybody(below: Epoch)
}

/// Why something ended. The raw values are stable: they stand in answers, logs and events.
public enum EndReason: String, Sendable, Hashable, CaseIterable {
    /// The user signed out in this browser.
    case signedOut = "signed_out"
    /// The user signed out everywhere.
    case signedOutEverywhere = "signed_out_everywhere"
    /// The user ended the session from another one.
    case revokedByUser = "revoked_by_user"
    /// An operator ended it.
    case revokedByOperator = "revoked_by_operator"
    /// The application ended it.
    case revokedByApplication = "revoked_by_application"
    /// An old generation was presented again: the token may have been copied.
    case reuse
    /// The same browser signed in anew.
    case replaced
    /// The user has more sessions than allowed.
    case tooManySessions = "too_many_sessions"
    /// The idle or absolute limit was reached.
    case expired
    /// The provider that the user had signed in with says that he has signed out there.
    case signedOutAtProvider = "signed_out_at_provider"
    /// The session's claims changed, so that its older tokens stopped being fresh.
    case updated
}

/// An ended fact, until when it matters, and why it came to be.
package struct Revocation: Sendable, Hashable {
    package let fact: EndedFact
    /// After this no token that the fact names can be fresh or unexpired.
    package let expires: Timestamp
    package let reason: EndReason

    package init(fact: EndedFact, expires: Timestamp, reason: EndReason) {
        self.fact = fact
        self.expires = expires
        self.reason = reason
    }
}
