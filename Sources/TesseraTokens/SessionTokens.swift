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
        identifiers = try TokenIdentifiers(ring: ring)
        self.freshWindow = freshWindow
    }

    // MARK: Opening

    /// Opens a token: structure, key, cryptography, then its times. Says nothing of whether it is ended.
    ///
    /// A token of ours is accepted in the configured format only, and one of NextAuth.js in its format only: not what
    /// an earlier format of ours has left, and not what others sign with a configured key.
    package func open(_ text: String, at now: Timestamp) -> Result<OpenedToken, TokenError> {
        if let reference = references?.read(text) { return .success(.reference(reference)) }
        do throws(TokenError) {
            return .success(try openClaims(text, at: now))
        } catch {
            return .failure(error)
        }
    }

    private func openClaims(_ text: String, at now: Timestamp) throws(TokenError) -> OpenedToken {
        let configured: Result<[UInt8], TokenError> = references == nil ? open(text) : .failure(.malformed)
        if case .success(let payload) = configured, let token = try claims(of: payload, at: now).ownToken {
            return .own(token)
        }
        guard let opened = try? JWE.open(text, accepting: nextAuth.policy, keys: nextAuth.keys) else {
            if case .failure(let refusal) = configured { throw refusal }
            throw .claims
        }
        let claims = try claims(of: opened.plaintext, at: now)
        guard claims.ownToken == nil else { throw .malformed }
        return .nextAuth(try adopted(claims, opened))
    }

    private func open(_ text: String) -> Result<[UInt8], TokenError> {
        do throws(JOSEError) {
            return .success(try protection.open(text))
        } catch {
            return .failure(TokenError(error))
        }
    }

    private func claims(of payload: [UInt8], at now: Timestamp) throws(TokenError) -> TokenClaims {
        guard let members = try? JSONObject(parsing: payload) else { throw .claims }
        var claims = TokenClaims()
        for member in members.members { claims.take(member) }
        guard claims.isWellFormed, let expires = claims.expires else { throw .claims }
        if now >= expires + SessionPolicy.clockSkew { throw .expired }
        if let notBefore = claims.notBefore, notBefore > now + SessionPolicy.clockSkew { throw .notYetValid }
        return claims
    }

    private func adopted(_ claims: TokenClaims, _ opened: JWE.Opened) throws(TokenError) -> NextAuthToken {
        guard let expires = claims.expires, let payload = try? JSONObject(parsing: opened.plaintext) else {
            throw .claims
        }
        let session: SessionID
        do throws(JOSEError) {
            session = try identifiers.adoptedSession(payload: opened.plaintext, keyID: opened.key.kid)
        } catch {
            throw TokenError(error)
        }
        guard !Self.isCheck(claims.others) else { throw .claims }
        let named = [claims.others["sub"]?.string, claims.others["email"]?.string].compactMap { $0 }.first
        // A token that says nothing of whose it is still is one user's: its own.
        guard let user = UserID(named ?? "") ?? UserID("session:\(session)") else { throw .claims }
        return NextAuthToken(
            user: user, session: session, id: claims.id, issuedAt: claims.issuedAt ?? Timestamp(seconds: 0),
            expires: expires, claims: claims.others, payload: payload)
    }

    /// Whether a token is what NextAuth.js before 4.24.5 sealed a check of a sign-in as, in the same way as a session
    /// (CVE-2023-48309): it says nothing of anybody.
    private static func isCheck(_ claims: JSONObject) -> Bool {
        !claims.members.isEmpty && claims.members.allSatisfy { checkClaims.contains($0.name) }
    }

    private static let checkClaims: Set = ["value", "state", "code_verifier", "nonce", "provider"]

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
        var claims = TokenClaims.withoutReserved(claims)
        claims["sub"] = .string(user.text)
        let window = freshWindow - freshWindow * (Self.shortening * derived.shortening)
        return SessionToken(
            user: user, session: session.id, generation: session.generation, userEpoch: session.userEpoch,
            deploymentEpoch: session.deploymentEpoch, id: derived.id,
            issuedAt: Timestamp(seconds: session.rotatedAt.seconds),
            expires: Timestamp(seconds: min(session.rotatedAt + session.idleTimeout, session.absoluteLimit).seconds),
            freshUntil: Timestamp(seconds: (session.rotatedAt + window).seconds),
            authenticatedAt: Timestamp(seconds: session.authenticatedAt.seconds), adoptedUntil: session.adoptedUntil,
            claims: claims)
    }

    /// The `jti` of the token that a reference token stands for.
    package func id(of reference: ReferenceToken) throws -> TokenID {
        try identifiers.token(reference.session, reference.generation).id
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
