package import TesseraCore

/// Remembers at which provider a session was begun, so that it ends with the one there, and that one with it: the port
/// that a store implements (OpenID Connect Back-Channel Logout 1.0, RP-Initiated Logout 1.0).
///
/// It holds no session and ends none: what it knows may outlive a session, and then says nothing. With or without a
/// directory it is the same. Every call is one step, as with `SessionStore`; but `keep` may be several, of which the
/// last ones may be missing after a throw. Every implementation passes one contract suite.
package protocol ProviderSessions: Sendable {
    /// Keeps where a session comes from that is about to begin. It is called before the session is written: so a logout
    /// finds every session that there is.
    ///
    /// - Returns: `false`, where the provider has ended meanwhile what the session would be begun from.
    func keep(_ session: ProviderSession, at now: Timestamp) async throws(StoreError) -> Bool

    /// Where a session comes from; `nil` where nothing is known of that.
    func origin(of session: SessionID, at now: Timestamp) async throws(StoreError) -> ProviderSession.Origin?

    /// Forgets where a session comes from. (A logout may still find it.)
    func forgetOrigin(of session: SessionID) async throws(StoreError)

    /// Remembers that something has ended at a provider, and returns the sessions that were begun from it.
    func end(_ logout: ProviderLogout, at now: Timestamp) async throws(StoreError) -> [OwnedSession]

    /// Remembers that a logout token has been used. Of any number of callers, one gets `true` until then.
    func use(_ token: ProviderName, until: Timestamp, at now: Timestamp) async throws(StoreError) -> Bool

    /// Drops what no longer matters. Returns how much.
    func sweepProviderSessions(at now: Timestamp) async throws(StoreError) -> Int
}

/// A digest of something that a provider names: a subject, a session of its own, a token. 16 bytes.
package struct ProviderName: Sendable, Hashable {
    package let bytes: [UInt8]

    package init(bytes: [UInt8]) { self.bytes = bytes }
}

/// A session of ours, and what it was begun from at a provider.
package struct ProviderSession: Sendable, Hashable {
    package let session: SessionID
    package let user: UserID
    /// What a logout of the provider's may name; `nil` where none is accepted.
    package let names: Names?
    /// What signing out at the provider needs; `nil` where nobody does.
    package let origin: Origin?
    /// After this there is no such session any more.
    package let expires: Timestamp

    package init(session: SessionID, user: UserID, names: Names?, origin: Origin?, expires: Timestamp) {
        self.session = session
        self.user = user
        self.names = names
        self.origin = origin
        self.expires = expires
    }

    /// What the ID token said.
    package struct Names: Sendable, Hashable {
        package let subject: ProviderName
        /// The provider's own session; `nil` where it names none.
        package let session: ProviderName?
        /// When the ID token was issued, by the provider's clock.
        package let issuedAt: Timestamp

        package init(subject: ProviderName, session: ProviderName?, issuedAt: Timestamp) {
            self.subject = subject
            self.session = session
            self.issuedAt = issuedAt
        }

        /// Everything that a logout may name.
        package var all: [ProviderName] { [subject] + (session.map { [$0] } ?? []) }
    }

    /// Where a session comes from.
    package struct Origin: Sendable, Hashable {
        /// The provider's id as configured.
        package let provider: String
        /// The ID token, sealed.
        package let hint: [UInt8]

        package init(provider: String, hint: [UInt8]) {
            self.provider = provider
            self.hint = hint
        }
    }
}

/// What has ended at a provider: one of its sessions, or all of a subject's.
package struct ProviderLogout: Sendable, Hashable {
    /// The session, or else the subject.
    package let name: ProviderName
    /// Where a session is named together with a subject: only sessions of that subject are meant.
    package let subject: ProviderName?
    /// What was begun with an ID token of a later moment goes on.
    package let endsUpTo: Timestamp
    /// Nothing is begun any more with an ID token of this moment or an earlier one…
    package let refusesUpTo: Timestamp
    /// …until then: by that time no sign-in with one can still be under way.
    package let remembered: Timestamp

    package init(
        name: ProviderName, subject: ProviderName?, endsUpTo: Timestamp, refusesUpTo: Timestamp, remembered: Timestamp
    ) {
        self.name = name
        self.subject = subject
        self.endsUpTo = endsUpTo
        self.refusesUpTo = refusesUpTo
        self.remembered = remembered
    }
}

/// A session and its user.
package struct OwnedSession: Sendable, Hashable {
    package let session: SessionID
    package let user: UserID

    package init(session: SessionID, user: UserID) {
        self.session = session
        self.user = user
    }
}
