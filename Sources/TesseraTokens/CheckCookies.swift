import JOSE
import JSON
package import TesseraCore

/// Seals what a sign-in elsewhere has to find again in the browser: state, nonce, PKCE code verifier (contract 2.5).
///
/// A JWE as NextAuth.js makes it, with a key that is bound to the cookie's full name; the name ends with a label of
/// the sign-in, so that parallel sign-ins of one browser keep apart.
package struct CheckCookies: Sendable {
    private let ring: SecretRing

    /// 15 minutes.
    package static let standardLifetime = Duration.seconds(900)

    package init(ring: SecretRing) { self.ring = ring }

    /// A new `state`: 32 random bytes in base64url.
    package func makeState(random: RandomBytes) -> String { Base64URL.encode(random.bytes(32)) }

    /// Names a sign-in in its cookies' names; made from its `state`, of which it tells nothing.
    package func label(ofState state: String) throws -> String {
        Base64URL.encode(Array(try SHA256.hash(state).prefix(6)))
    }

    /// Seals a value for a provider's callback.
    package func seal(
        _ value: String, provider: String, cookieName: String, at now: Timestamp, lifetime: Duration,
        random: RandomBytes
    ) throws -> String {
        let payload: JSONObject = [
            "value": .string(value), "provider": .string(provider), "iat": .integer(now.seconds),
            "exp": .integer(now.seconds + lifetime.wholeSeconds), "jti": .string(Base64URL.encode(random.bytes(16))),
        ]
        let key = try JWK(secret: try ring.first.nextAuthKey(salt: cookieName))
        return try JWE.seal(payload.serialized(), using: key, alg: .direct, enc: .a256GCM, random: random)
    }

    /// The value that was sealed for this provider in a cookie of this name; `nil` for anything else.
    package func open(_ sealed: String, provider: String, cookieName: String, at now: Timestamp) -> String? {
        let keys = ring.secrets.compactMap { secret in
            try? JWK(secret: try secret.nextAuthKey(salt: cookieName))
        }
        let policy = JWEPolicy(algorithms: [.direct], encryptions: [.a256GCM], types: .any)
        guard let opened = try? JWE.open(sealed, accepting: policy, keys: JWKSet(keys)),
            let claims = try? JWTClaimsPolicy().claims(from: opened.plaintext, now: now.seconds),
            claims["provider"]?.string == provider, let value = claims["value"]?.string, !value.isEmpty
        else { return nil }
        return value
    }
}
