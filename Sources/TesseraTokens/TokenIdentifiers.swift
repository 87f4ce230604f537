import JOSE
import TesseraCore

/// Derives the identifiers of tokens from what they are tokens of, so that every node derives the same; also while the
/// secrets are being changed, when the nodes' rings begin with different ones.
struct TokenIdentifiers: Sendable {
    /// By the name of the secret.
    private let adoptionKeys: [String: HMACSHA256]

    init(ring: SecretRing) throws(JOSEError) {
        var keys: [String: HMACSHA256] = [:]
        for secret in ring.secrets {
            keys[try secret.keyID()] = try HMACSHA256(key: try secret.key(for: "adopted session id"))
        }
        adoptionKeys = keys
    }

    /// The `jti` of a generation, and how much its fresh window is shortened, from 0 to 1.
    ///
    /// The key of the hash is the session's own random bits: a secret would make another `jti` of the same generation
    /// on every node whose ring begins with another one, and blocking one of them would leave the other.
    func token(_ session: SessionID, _ generation: Generation) throws(JOSEError) -> (id: TokenID, shortening: Double) {
        let number = generation.number
        let digest = try HMACSHA256(key: SecretBytes(session.bytes)).authenticate(
            Array("Tessera token id".utf8) + [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: number >> $0) })
        guard let id = TokenID(Base64URL.encode(Array(digest.prefix(16)))) else {
            preconditionFailure("base64url is printable")
        }
        let draw = UInt16(digest[16]) << 8 | UInt16(digest[17])
        return (id, Double(draw) / Double(UInt16.max))
    }

    /// The session that a NextAuth.js token is adopted into. Derived from its whole content, the random `jti` included,
    /// with the secret that opened it: what opens it on another node, or after the secrets' order was changed, is the
    /// same one, so that it is adopted once, and an adopted session that ended stays ended.
    func adoptedSession(payload: [UInt8], keyID: String?) throws(JOSEError) -> SessionID {
        guard let key = keyID.flatMap({ adoptionKeys[$0] }),
            let session = SessionID(bytes: try key.authenticate(payload))
        else { preconditionFailure("every key of the ring is named, and a digest has 32 bytes") }
        return session
    }
}
