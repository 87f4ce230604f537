import Foundation
import JOSE
import JSON

/// A session token as NextAuth.js makes it (contract 3.1).
enum NextAuthSample {
    static func token(secret: String, name: String, expiresIn seconds: Int64 = 3600) throws -> String {
        let now = Int64(Date().timeIntervalSince1970)
        let payload: JSONObject = [
            "name": .string(name), "email": "ada@example.com", "sub": "user-0001", "iat": .integer(now - 10),
            "exp": .integer(now + seconds), "jti": "11111111-1111-4111-8111-111111111111",
        ]
        let key = try HKDF.derive(
            secret: SecretBytes(Array(secret.utf8)), salt: [], info: Array("NextAuth.js Generated Encryption Key".utf8),
            length: 32)
        return try JWE.seal(payload.serialized(), using: try JWK(secret: key), alg: .direct, enc: .a256GCM)
    }
}
