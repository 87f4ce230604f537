public import JSON
public import TesseraCore

/// What a session token says, once its cryptography is verified.
public struct SessionToken: Sendable, Equatable {
    public let user: UserID
    public let session: SessionID
    public let generation: Generation
    /// The user's epoch when the session began.
    public let userEpoch: Epoch
    /// The deployment's epoch when the session began.
    public let deploymentEpoch: Epoch
    public let id: TokenID
    public let issuedAt: Timestamp
    /// The token is not accepted from here on, give or take 15 seconds.
    public let expires: Timestamp
    /// The end of the fresh window: from here on the store is asked.
    public let freshUntil: Timestamp
    /// When the user proved who he is.
    public let authenticatedAt: Timestamp
    /// Where the session was adopted: when its NextAuth.js token expires.
    package let adoptedUntil: Timestamp?
    /// What is left of the claims: `name`, `email`, `picture`, `sub`, and what the `jwt` callback added.
    public let claims: JSONObject

    package init(
        user: UserID, session: SessionID, generation: Generation, userEpoch: Epoch, deploymentEpoch: Epoch, id: TokenID,
        issuedAt: Timestamp, expires: Timestamp, freshUntil: Timestamp, authenticatedAt: Timestamp,
        adoptedUntil: Timestamp?,
        claims: JSONObject
    ) {
        self.user = user
        self.session = session
        self.generation = generation
        self.userEpoch = userEpoch
        self.deploymentEpoch = deploymentEpoch
        self.id = id
        self.issuedAt = issuedAt
        self.expires = expires
        self.freshUntil = freshUntil
        self.authenticatedAt = authenticatedAt
        self.adoptedUntil = adoptedUntil
        self.claims = claims
    }

    /// Claims as the `jwt` callback gets to see them: with `iat`, `exp`, `jti` and `sid` of this token.
    package func payload(_ claims: JSONObject) -> JSONObject {
        var payload = claims
        payload["iat"] = .integer(issuedAt.seconds)
        payload["exp"] = .integer(expires.seconds)
        payload["jti"] = .string(id.text)
        payload["sid"] = .string("\(session)")
        return payload
    }

    /// What a callback answers, without the claims that are not its to set.
    package static func withoutReserved(_ claims: JSONObject) -> JSONObject { TokenClaims.withoutReserved(claims) }

    /// What a blocklist compares.
    package var facts: TokenFacts {
        TokenFacts(
            user: user, session: session, generation: generation, userEpoch: userEpoch,
            deploymentEpoch: deploymentEpoch, id: id)
    }

    /// Whether the token may be accepted at `now` without asking the store.
    ///
    /// The policy's window counts as well as the token's own, so that shortening it takes effect at once; and a token
    /// from further in the future than clocks may differ is not fresh.
    package func isFresh(at now: Timestamp, window: Duration) -> Bool {
        now < freshUntil && now < issuedAt + window && issuedAt - now <= SessionPolicy.clockSkew
    }
}

/// A NextAuth.js session token (contract 3): it names no session; one is made for it.
package struct NextAuthToken: Sendable, Equatable {
    package let user: UserID
    /// Derived from the token, so that every node makes the same session of it.
    package let session: SessionID
    /// Its `jti`, by which an operator may have blocked it.
    package let id: TokenID?
    package let issuedAt: Timestamp
    package let expires: Timestamp
    /// Its claims without those whose meaning is Tessera's, should its application have used their names.
    package let claims: JSONObject
    /// All of its claims.
    package let payload: JSONObject
}
