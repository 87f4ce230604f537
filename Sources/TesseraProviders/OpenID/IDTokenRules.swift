import JOSE
import JSON
import TesseraCore

/// Checks an ID token (OpenID Connect Core, section 3.1.3.7) and other tokens that a provider signs for us.
struct IDTokenRules: Sendable {
    let clientID: String
    let algorithm: SignatureAlgorithm
    let issuer: IssuerRule
    /// The issuer that the discovery document names.
    let documentIssuer: String
    /// What the header's `typ` may say.
    var types = AcceptedTypes.any

    /// By how many seconds clocks may differ.
    static let tolerance: Int64 = 10

    /// What a sign-in expects of its ID token.
    struct Expectation: Sendable {
        /// The nonce that was sent; `nil` where none was.
        var nonce: String?
        var accessToken: String?
        var code: String?
    }

    /// The claims of a genuine token that is for us and valid now. `key_unknown` and `signature_invalid` come out as
    /// they are, for the keys may be out of date.
    func open(_ token: String, keys: JWKSet) throws(JOSEError) -> JSONObject {
        // The algorithm is the configured one, whatever the token says.
        let policy = JWSPolicy(algorithms: [algorithm], types: types)
        let verified = try JWS.verify(token, accepting: policy, keys: keys)
        do throws(JSONError) { return try JSONObject(parsing: verified.payload) } catch {
            throw JOSEError(.claimsMalformed, "the claims are no strict JSON object: \(error)")
        }
    }

    /// Checks the claims of a genuine ID token.
    func check(_ claims: JSONObject, _ expected: Expectation, at now: Timestamp) throws(ProvidersError) {
        try issuer.check(claims, document: documentIssuer)
        try checkAudience(claims)
        let policy = JWTClaimsPolicy(
            requiresExpiry: true, tolerance: Self.tolerance, audiences: [clientID], required: ["iat", "sub"])
        do throws(JOSEError) { try policy.check(claims, now: now.seconds) } catch {
            throw ProvidersError(.idTokenInvalid, "the ID token is refused: \(error)")
        }
        guard let issued = claims["iat"]?.number, issued <= Double(now.seconds + Self.tolerance) else {
            throw ProvidersError(.idTokenInvalid, "iat is to come")
        }
        guard claims["sub"]?.string?.isEmpty == false else {
            throw ProvidersError(.idTokenInvalid, "sub is no text, or empty")
        }
        try checkNonce(claims, expected.nonce)
        try checkHash("at_hash", claims, of: expected.accessToken)
        try checkHash("c_hash", claims, of: expected.code)
    }

    private func checkAudience(_ claims: JSONObject) throws(ProvidersError) {
        let authorized = claims["azp"]
        if let audiences = claims["aud"]?.array, audiences.count > 1, authorized == nil {
            throw ProvidersError(.idTokenInvalid, "the ID token has several audiences and no azp")
        }
        guard let authorized else { return }
        guard authorized.string?.utf8.elementsEqual(clientID.utf8) == true else {
            throw ProvidersError(.idTokenInvalid, "azp is somebody else")
        }
    }

    private func checkNonce(_ claims: JSONObject, _ expected: String?) throws(ProvidersError) {
        guard let expected else { return }
        guard let nonce = claims["nonce"]?.string, constantTimeEqual(Array(nonce.utf8), Array(expected.utf8)) else {
            throw ProvidersError(.nonceMismatch, "the ID token is not of this sign-in: its nonce is missing or another")
        }
    }

    /// The left half of the hash of the algorithm's own digest (section 3.1.3.6).
    private func checkHash(_ name: String, _ claims: JSONObject, of text: String?) throws(ProvidersError) {
        guard let claim = claims[name], let text else { return }
        let digests: [[UInt8]]
        do throws(JOSEError) { digests = try algorithm.digests(of: Array(text.utf8)) } catch {
            throw ProvidersError(.unavailable, "\(error)")
        }
        let halves = digests.map { Base64URL.encode(Array($0.prefix($0.count / 2))) }
        guard let hash = claim.string, halves.contains(where: { constantTimeEqual(Array(hash.utf8), Array($0.utf8)) })
        else {
            throw ProvidersError(.idTokenInvalid, "\(name) does not belong to what came with the ID token")
        }
    }
}

extension SignatureAlgorithm {
    /// What a provider may take for the digest of this algorithm. The standard names that of the algorithm's name; EdDSA
    /// has none there, and providers take SHA-512, which Ed25519 is made of, or SHA-256. Either binds as well.
    fileprivate func digests(of bytes: [UInt8]) throws(JOSEError) -> [[UInt8]] {
        switch self {
        case .hs256, .rs256, .ps256, .es256: [try SHA256.hash(bytes)]
        case .hs384, .rs384, .ps384, .es384: [try SHA384.hash(bytes)]
        case .hs512, .rs512, .ps512, .es512: [try SHA512.hash(bytes)]
        case .edDSA: [try SHA512.hash(bytes), try SHA256.hash(bytes)]
        }
    }
}
