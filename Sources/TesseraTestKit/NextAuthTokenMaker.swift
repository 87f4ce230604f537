import JOSE
import JSON
package import TesseraCore
package import TesseraTokens

/// Makes session tokens as NextAuth.js makes them (contract 3.1), to be taken over.
package struct NextAuthTokenMaker: Sendable {
    private let key: JWK

    /// For a deployment's secret.
    package init(secret: String) throws {
        key = try JWK(
            secret: try HKDF.derive(
                secret: secret, salt: "", info: "NextAuth.js Generated Encryption Key", length: 32))
    }

    /// A token of 30 days for a user.
    package func make(user: String, at now: Timestamp, random: RandomBytes = .system) throws -> String {
        let payload: JSONObject = [
            "name": .string(user), "email": .string("\(user)@example.com"), "sub": .string(user),
            "iat": .integer(now.seconds), "exp": .integer(now.seconds + 2_592_000),
            "jti": .string(Base64URL.encode(random.bytes(16))),
        ]
        return try JWE.seal(payload.serialized(), using: key, alg: .direct, enc: .a256GCM, random: random)
    }
}
