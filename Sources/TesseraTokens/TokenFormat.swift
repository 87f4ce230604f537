/// What session tokens are made of. Algorithms are named as RFC 7518 and RFC 8037 name them.
public enum TokenFormat: Sendable, Hashable {
    /// An encrypted JWT (JWE, RFC 7516).
    case sealed(alg: String, enc: String)
    /// A signed JWT (JWS, RFC 7515). Whoever has the token can read its claims.
    case signed(alg: String)
    /// A signed JWT inside an encrypted one (RFC 7519, section 11.2).
    case signedThenSealed(signing: String, alg: String, enc: String)
    /// `sid.gen.mac`: the claims stay in the store (the `database` strategy).
    case reference

    /// What NextAuth.js uses: `dir` with `A256GCM`.
    public static let standard = TokenFormat.sealed(alg: "dir", enc: "A256GCM")
}
