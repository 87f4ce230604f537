import JOSE
import TesseraCore

/// Derives the identifiers of tokens from what they are tokens of, so that every node derives the same.
struct TokenIdentifiers: Sendable {
    private let tokenKey: HMACSHA256

    init(secret: Secret) throws(JOSEError) {
        tokenKey = try HMACSHA256(key: try secret.key(for: "token id"))
    }

    /// The `jti` of a generation, and how much its fresh window is shortened, from 0 to 1.
    func token(_ session: SessionID, _ generation: Generation) throws(JOSEError) -> (id: TokenID, shortening: Double) {
        let number = generation.number
        let digest = try tokenKey.authenticate(
            session.bytes + [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: number >> $0) })
        guard let id = TokenID(Base64URL.encode(Array(digest.prefix(16)))) else {
            preconditionFailure("base64url is printable")
        }
        let draw = UInt16(digest[16]) << 8 | UInt16(digest[17])
        return (id, Double(draw) / Double(UInt16.max))
    }

    /// The session that a NextAuth.js token is adopted into. Derived from its whole content, the random `jti` included.
    ///
    /// Without a key: the same token has to lead to the same session after the secrets have changed their order, or a
    /// token whose session has ended would begin another one. The name lets nobody in.
    func adoptedSession(payload: [UInt8]) throws(JOSEError) -> SessionID {
        guard let session = SessionID(bytes: try SHA256.hash(Array("Tessera adopted session\u{0}".utf8) + payload))
        else {
            preconditionFailure("a digest has 32 bytes")
        }
        return session
    }
}
