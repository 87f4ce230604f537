import JOSE
package import TesseraCore

/// A token that only refers to its session: `sid.gen.mac` (the `database` strategy).
package struct ReferenceToken: Sendable, Hashable {
    package let session: SessionID
    package let generation: Generation
}

/// Writes and reads reference tokens. The code at the end is of 128 bits; it keeps guesses away from the store.
struct ReferenceTokens: Sendable {
    private let keys: [HMACSHA256]

    init(ring: SecretRing) throws(JOSEError) {
        var keys: [HMACSHA256] = []
        for secret in ring.secrets { keys.append(try HMACSHA256(key: try secret.key(for: "reference token"))) }
        self.keys = keys
    }

    func write(_ token: ReferenceToken) throws(JOSEError) -> String {
        let text = "\(token.session).\(token.generation)"
        return "\(text).\(Base64URL.encode(try Self.code(text, keys[0])))"
    }

    /// `nil` for what is no reference token of ours.
    func read(_ text: String) -> ReferenceToken? {
        guard text.utf8.count <= 22 + 1 + 10 + 1 + 22 else { return nil }
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 3, let session = SessionID(String(parts[0])), let number = UInt32(parts[1]),
            String(number) == parts[1], let code = Base64URL.decode(String(parts[2]))
        else { return nil }
        let signed = "\(parts[0]).\(parts[1])"
        let isOurs = keys.contains { key in
            guard let expected = try? Self.code(signed, key) else { return false }
            return constantTimeEqual(code, expected)
        }
        return isOurs ? ReferenceToken(session: session, generation: Generation(number)) : nil
    }

    private static func code(_ text: String, _ key: HMACSHA256) throws(JOSEError) -> [UInt8] {
        Array(try key.authenticate(Array(text.utf8)).prefix(16))
    }
}
