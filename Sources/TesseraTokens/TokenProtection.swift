import JOSE
import JSON

/// Why session tokens cannot be made as configured, in words.
package struct TokenConfigurationError: Error, CustomStringConvertible {
    package let description: String
}

/// Turns a payload into a token and back, as a `TokenFormat` and its keys say. Nothing but the configured algorithms
/// is accepted.
struct TokenProtection: Sendable {
    /// In a box of its own, for it is large and handed on with every token.
    private indirect enum Method: Sendable {
        case sealed(JWESealer, JWEPolicy, JWKSet)
        case signed(SignatureAlgorithm, JWSPolicy, JWKSet)
        case nested(NestedToken.Signing, NestedToken.Sealing, JWSPolicy, JWEPolicy, sign: JWKSet, seal: JWKSet)
    }

    private let method: Method

    /// - Parameters:
    ///   - signingKeys: private JWKs for signing, the first one signs; derived from the secrets where empty.
    ///   - sealingKeys: the same for sealing.
    init(
        _ format: TokenFormat, ring: SecretRing, signingKeys: [JSONObject], sealingKeys: [JSONObject]
    ) throws(TokenConfigurationError) {
        do throws(JOSEError) {
            method = try Self.method(format, ring, signingKeys, sealingKeys)
        } catch {
            throw TokenConfigurationError(description: "tokens: \(error.message) (\(error.code.rawValue))")
        }
    }

    private static func method(
        _ format: TokenFormat, _ ring: SecretRing, _ signingKeys: [JSONObject], _ sealingKeys: [JSONObject]
    ) throws(JOSEError) -> Method {
        switch format {
        case .sealed(let alg, let enc):
            let sealing = try Sealing(alg, enc, ring, sealingKeys)
            let sealer = try JWESealer(
                key: sealing.keys[0], alg: sealing.alg, enc: sealing.enc, header: sealing.header)
            return .sealed(sealer, sealing.policy, JWKSet(sealing.keys))
        case .signed(let alg):
            let signing = try Signing(alg, ring, signingKeys)
            // Signs once, so that a key that does not suit is found at start-up.
            _ = try JWS.sign([], using: signing.keys[0], alg: signing.alg)
            return .signed(signing.alg, signing.policy, JWKSet(signing.keys))
        case .signedThenSealed(let signingName, let alg, let enc):
            let signing = try Signing(signingName, ring, signingKeys)
            let sealing = try Sealing(alg, enc, ring, sealingKeys)
            let inner = NestedToken.Signing(
                key: signing.keys[0], alg: signing.alg, header: HeaderParameters(kid: signing.keys[0].kid))
            let outer = NestedToken.Sealing(
                key: sealing.keys[0], alg: sealing.alg, enc: sealing.enc, header: sealing.header)
            _ = try NestedToken.make([], signing: inner, sealing: outer)
            return .nested(
                inner, outer, signing.policy, sealing.policy, sign: JWKSet(signing.keys), seal: JWKSet(sealing.keys))
        case .reference:
            // Reference tokens protect nothing but themselves; claims in the store are sealed as by default.
            return try method(.standard, ring, [], [])
        }
    }

    func protect(_ payload: [UInt8], random: RandomBytes) throws(JOSEError) -> String {
        switch method {
        case .sealed(let sealer, _, _): return try sealer.seal(payload, random: random)
        case .signed(let alg, _, let keys):
            return try JWS.sign(payload, using: keys.keys[0], alg: alg, header: HeaderParameters(kid: keys.keys[0].kid))
        case .nested(let signing, let sealing, _, _, _, _):
            return try NestedToken.make(payload, signing: signing, sealing: sealing, random: random)
        }
    }

    func open(_ token: String) throws(JOSEError) -> [UInt8] {
        switch method {
        case .sealed(_, let policy, let keys): return try JWE.open(token, accepting: policy, keys: keys).plaintext
        case .signed(_, let policy, let keys): return try JWS.verify(token, accepting: policy, keys: keys).payload
        case .nested(_, _, let signed, let sealed, let signingKeys, let sealingKeys):
            return try NestedToken.open(
                token, sealed: sealed, sealingKeys: sealingKeys, signed: signed, signingKeys: signingKeys
            ).payload
        }
    }
}

/// The signing half of a format with its keys.
private struct Signing {
    let alg: SignatureAlgorithm
    let keys: [JWK]
    let policy: JWSPolicy

    init(_ name: String, _ ring: SecretRing, _ given: [JSONObject]) throws(JOSEError) {
        guard let alg = SignatureAlgorithm(rawValue: name) else {
            throw JOSEError(.algorithmNotAccepted, "\(name) is no algorithm for signing")
        }
        self.alg = alg
        if given.isEmpty {
            guard [.hs256, .hs384, .hs512].contains(alg) else {
                throw JOSEError(.keyUnsuitable, "\(name) takes a key pair of its own, and none is given")
            }
            keys = try ring.keys(for: "token signing \(name)", length: 64)
        } else {
            keys = try parsed(given)
        }
        policy = JWSPolicy(algorithms: [alg], types: .absentOr(["JWT"]))
    }
}

/// The sealing half of a format with its keys.
private struct Sealing {
    let alg: KeyManagementAlgorithm
    let enc: ContentEncryption
    let keys: [JWK]
    let policy: JWEPolicy
    /// PBES2 is for passwords; our secrets are none, and every token costs its reader the iterations.
    private static let passwordIterations = 1000

    var header: HeaderParameters {
        var header = HeaderParameters(kid: keys[0].kid)
        header.passwordIterations = Self.passwordIterations
        return header
    }

    init(_ alg: String, _ enc: String, _ ring: SecretRing, _ given: [JSONObject]) throws(JOSEError) {
        guard let management = KeyManagementAlgorithm(rawValue: alg) else {
            throw JOSEError(.algorithmNotAccepted, "\(alg) is no algorithm for sealing")
        }
        guard let encryption = ContentEncryption(rawValue: enc) else {
            throw JOSEError(.encryptionNotAccepted, "\(enc) is no content encryption")
        }
        self.alg = management
        self.enc = encryption
        if !given.isEmpty {
            keys = try parsed(given)
        } else if management == .direct, encryption == .a256GCM {
            keys = try ring.nextAuthKeys()
        } else {
            guard let length = Self.keyLength(management, encryption) else {
                throw JOSEError(.keyUnsuitable, "\(alg) takes a key pair of its own, and none is given")
            }
            keys = try ring.keys(for: "token sealing \(alg) \(enc)", length: length)
        }
        policy = JWEPolicy(
            algorithms: [management], encryptions: [encryption], types: .absentOr(["JWT"]),
            limits: JOSELimits(passwordIterations: Self.passwordIterations))
    }

    /// The length of a key that is derived from a secret; `nil` for algorithms that take a key pair.
    private static func keyLength(_ alg: KeyManagementAlgorithm, _ enc: ContentEncryption) -> Int? {
        switch alg {
        case .direct: enc.keyCount
        case .a128KW, .a128GCMKW: 16
        case .a192KW, .a192GCMKW: 24
        case .a256KW, .a256GCMKW, .pbes2HS256A128KW, .pbes2HS384A192KW, .pbes2HS512A256KW: 32
        case .rsaPKCS1, .rsaOAEP, .rsaOAEP256, .ecdhES, .ecdhESA128KW, .ecdhESA192KW, .ecdhESA256KW: nil
        }
    }
}

private func parsed(_ keys: [JSONObject]) throws(JOSEError) -> [JWK] {
    var parsed: [JWK] = []
    for key in keys { parsed.append(try JWK(key)) }
    guard parsed[0].isPrivate else { throw JOSEError(.keyUnsuitable, "the first key is not a private one") }
    return parsed
}

extension SecretRing {
    /// A key of our own for a purpose, one for each secret.
    fileprivate func keys(for purpose: String, length: Int) throws(JOSEError) -> [JWK] {
        var keys: [JWK] = []
        for secret in secrets {
            let restrictions = JWK.Restrictions(kid: try secret.keyID())
            keys.append(try JWK(secret: try secret.key(for: purpose, length: length), restrictions: restrictions))
        }
        return keys
    }

    /// The keys of NextAuth.js session tokens, named as ours are.
    func nextAuthKeys() throws(JOSEError) -> [JWK] {
        var keys: [JWK] = []
        for secret in secrets {
            let restrictions = JWK.Restrictions(kid: try secret.keyID())
            keys.append(try JWK(secret: try secret.nextAuthKey(salt: ""), restrictions: restrictions))
        }
        return keys
    }
}

extension RandomBytes: RandomSource {}
