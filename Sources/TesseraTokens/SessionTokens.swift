import JOSE
package import JSON
package import TesseraCore

/// A token that was opened.
package enum OpenedToken: Sendable, Equatable {
    case own(SessionToken)
    case reference(ReferenceToken)
    case nextAuth(NextAuthToken)
}

/// A token that was made.
package struct MintedToken: Sendable, Equatable {
    package let text: String
    package let token: SessionToken
    /// When its cookie expires.
    package var expires: Timestamp { token.expires }
}

/// Mints and opens session tokens (design, 3.1). Time and random bytes are arguments; nothing is asked of anybody.
package struct SessionTokens: Sendable {
    private let protection: TokenProtection
    private let claimsProtection: TokenProtection
    private let references: ReferenceTokens?
    private let nextAuth: (policy: JWEPolicy, keys: JWKSet)
    private let identifiers: TokenIdentifiers
    private let freshWindow: Duration

    /// The largest claims of an application, in bytes of JSON: so that the token passes the readers' limit of 64 KiB.
    package static let claimsLimit = 34_000
    /// The most that a fresh window is shortened, so that rotations spread out.
    private static let shortening = 0.05

    /// Whether tokens only refer to their session, so that the store keeps the claims.
    package var areReferences: Bool { references != nil }

    /// - Throws: `TokenConfigurationError` when the format and the keys do not fit.
    package init(
        ring: SecretRing, format: TokenFormat = .standard, signingKeys: [JSONObject] = [],
        sealingKeys: [JSONObject] = [], freshWindow: Duration
    ) throws {
        protection = try TokenProtection(format, ring: ring, signingKeys: signingKeys, sealingKeys: sealingKeys)
        claimsProtection = try TokenProtection(.standard, ring: ring, signingKeys: [], sealingKeys: [])
        references = if case .reference = format { try ReferenceTokens(ring: ring) } else { nil }
        nextAuth = (
            JWEPolicy(algorithms: [.direct], encryptions: [.a256GCM], types: .any), JWKSet(try ring.nextAuthKeys())
        )
        identifiers = try TokenIdentifiers(secret: ring.first)
        self.freshWindow = freshWindow
    }

    // MARK: Opening

    /// Opens a token: structure, key, cryptography, then its times. Says nothing of whether it is ended.
    package func open(_ text: String, at now: Timestamp) -> Result<OpenedToken, TokenError> {
        do {
            if let references, let reference = references.read(text) { return .success(.reference(reference)) }
            return try open(payload: payload(of: text), at: now)
        } catch let error as JOSEError {
            return .failure(TokenError(code: error.code.rawValue))
        } catch {
            return .failure(.malformed)
        }
    }

    /// The payload of a token of ours, or else of NextAuth.js.
    private func payload(of text: String) throws(JOSEError) -> [UInt8] {
        do throws(JOSEError) {
            return try protection.open(text)
        } catch {
            guard let opened = try? JWE.open(text, accepting: nextAuth.policy, keys: nextAuth.keys) else { throw error }
            return opened.plaintext
        }
    }

    private func open(payload: [UInt8], at now: Timestamp) throws -> Result<OpenedToken, TokenError> {
        guard let claims = try? JSONObject(parsing: payload) else { return .failure(.claims) }
        var payloadClaims = TokenClaims()
        for member in claims.members { payloadClaims.take(member) }
        guard payloadClaims.isWellFormed, let expires = payloadClaims.expires else { return .failure(.claims) }
        if now >= expires + SessionPolicy.clockSkew { return .failure(.expired) }
        if let notBefore = payloadClaims.notBefore, notBefore > now + SessionPolicy.clockSkew {
            return .failure(.notYetValid)
        }
        if let token = payloadClaims.ownToken { return .success(.own(token)) }
        return .success(.nextAuth(try adopted(payloadClaims, expires: expires, payload: payload)))
    }

    private func adopted(
        _ claims: TokenClaims, expires: Timestamp, payload: [UInt8]
    ) throws -> NextAuthToken {
        let session = try identifiers.adoptedSession(payload: payload)
        let named = [claims.others["sub"]?.string, claims.others["email"]?.string].compactMap { $0 }.first
        // A token that says nothing of whose it is still is one user's: its own.
        guard let user = UserID(named ?? "") ?? UserID("session:\(session)") else { throw TokenError.claims }
        return NextAuthToken(
            user: user, session: session, issuedAt: claims.issuedAt ?? Timestamp(seconds: 0), expires: expires,
            claims: claims.others)
    }

    // MARK: Minting

    /// The token of a session's newest generation. Every node mints the same one, but for the random bytes that seal
    /// it: the times come from the record, the `jti` from session and generation.
    package func mint(
        _ session: SessionRecord, of user: UserID, claims: JSONObject, random: RandomBytes
    ) throws -> MintedToken {
        let token = try token(for: session, of: user, claims: claims)
        if let references {
            let reference = ReferenceToken(session: session.id, generation: session.generation)
            return MintedToken(text: try references.write(reference), token: token)
        }
        let payload = TokenClaims.payload(of: token).serialized()
        return MintedToken(text: try protection.protect(payload, random: random), token: token)
    }

    /// What the token of a session's newest generation says.
    package func token(for session: SessionRecord, of user: UserID, claims: JSONObject) throws -> SessionToken {
        let derived = try identifiers.token(session.id, session.generation)
        let window = freshWindow - freshWindow * (Self.shortening * derived.shortening)
        return SessionToken(
            user: user, session: session.id, generation: session.generation, userEpoch: session.userEpoch,
            deploymentEpoch: session.deploymentEpoch, id: derived.id,
            issuedAt: Timestamp(seconds: session.rotatedAt.seconds),
            expires: Timestamp(seconds: min(session.rotatedAt + session.idleTimeout, session.absoluteLimit).seconds),
            freshUntil: Timestamp(seconds: (session.rotatedAt + window).seconds),
            authenticatedAt: Timestamp(seconds: session.authenticatedAt.seconds), adoptedUntil: session.adoptedUntil,
            claims: TokenClaims.withoutReserved(claims))
    }

    // MARK: Claims in the store

    /// Seals claims for the store.
    package func sealClaims(_ claims: JSONObject, random: RandomBytes) throws -> [UInt8] {
        Array(try claimsProtection.protect(TokenClaims.withoutReserved(claims).serialized(), random: random).utf8)
    }

    /// Opens claims from the store.
    package func openClaims(_ sealed: [UInt8]) throws -> JSONObject {
        try JSONObject(parsing: try claimsProtection.open(String(decoding: sealed, as: UTF8.self)))
    }
}
