/// One session as the store keeps it.
///
/// All but `lastUse` changes only through `UserRecord.decide` and a store's compare-and-swap. `lastUse` is a
/// commutative maximum that keep-alive marks move (see `Mark`).
package struct SessionRecord: Sendable, Hashable {
    package let id: SessionID
    /// The generation of the newest token.
    package var generation: Generation
    /// When the newest token was minted.
    package var rotatedAt: Timestamp
    /// When the newest token was given out to a holder of an older one; at first, when it was minted. The grace runs
    /// from here, so that requests under way together agree even long after an answer was lost.
    package var offeredAt: Timestamp
    /// The oldest generation that the grace covers: the one before the newest, or older where one rotation followed
    /// another within the grace.
    package var graceFrom: Generation
    package let createdAt: Timestamp
    /// When the user proved who he is: the `auth_time` claim (OpenID Connect Core, section 2).
    package let authenticatedAt: Timestamp
    package let idleTimeout: Duration
    package let absoluteLimit: Timestamp
    /// The user's epoch at sign-in; the session is dead once the user's is higher.
    package let userEpoch: Epoch
    /// The deployment's epoch at sign-in; the session is dead once the deployment's is higher.
    package let deploymentEpoch: Epoch
    package let device: Device
    /// For an adopted session: when its NextAuth.js token expires, until which the session's end must be remembered.
    package let adoptedUntil: Timestamp?
    /// The claims of the newest generation, sealed, where its token cannot carry them (reference tokens), or where they
    /// differ from those of the generation before, so that everybody gets the same successor. Opaque to these rules.
    package var claims: [UInt8]?
    /// The latest sign of use.
    package var lastUse: Use

    /// When a session was used, and with the token of which generation. Presenting a token for a rotation is a use.
    package struct Use: Sendable, Hashable {
        package var at: Timestamp
        package var generation: Generation

        package init(at: Timestamp, generation: Generation) {
            self.at = at
            self.generation = generation
        }
    }

    package init(
        id: SessionID, generation: Generation, rotatedAt: Timestamp, createdAt: Timestamp, authenticatedAt: Timestamp,
        idleTimeout: Duration, absoluteLimit: Timestamp, userEpoch: Epoch, deploymentEpoch: Epoch, device: Device,
        adoptedUntil: Timestamp?, claims: [UInt8]?, lastUse: Use, offeredAt: Timestamp? = nil,
        graceFrom: Generation? = nil
    ) {
        self.id = id
        self.generation = generation
        self.rotatedAt = rotatedAt
        self.createdAt = createdAt
        self.authenticatedAt = authenticatedAt
        self.idleTimeout = idleTimeout
        self.absoluteLimit = absoluteLimit
        self.userEpoch = userEpoch
        self.deploymentEpoch = deploymentEpoch
        self.device = device
        self.adoptedUntil = adoptedUntil
        self.claims = claims
        self.lastUse = lastUse
        self.offeredAt = offeredAt ?? rotatedAt
        self.graceFrom = graceFrom ?? Generation(generation.number == 0 ? 0 : generation.number - 1)
    }

    /// Whether the newest token has been seen in use, so that its holder certainly has it.
    package var isConfirmed: Bool { lastUse.generation >= generation }

    /// When the session was last used, rotations included.
    package var lastSeenAt: Timestamp { max(lastUse.at, rotatedAt) }

    /// When the session ends unless it is used again.
    package var limit: Timestamp { min(lastSeenAt + idleTimeout, absoluteLimit) }

    /// Whether the session has reached its idle or absolute limit.
    package func isExpired(at now: Timestamp) -> Bool { now >= limit }

    /// Takes over a sign of use; the order in which signs arrive does not matter.
    package mutating func apply(_ use: Use) {
        lastUse.at = max(lastUse.at, use.at)
        lastUse.generation = max(lastUse.generation, use.generation)
    }

    /// Whether this and another state of the session are the same to a compare-and-swap: everything but `lastUse`.
    package func matches(_ other: SessionRecord) -> Bool {
        var other = other
        other.lastUse = lastUse
        return self == other
    }
}

/// A sign that a session is in use, written behind (see design, keep-alive).
package struct Mark: Sendable, Hashable {
    package let user: UserID
    package let session: SessionID
    package let use: SessionRecord.Use

    package init(user: UserID, session: SessionID, use: SessionRecord.Use) {
        self.user = user
        self.session = session
        self.use = use
    }
}
