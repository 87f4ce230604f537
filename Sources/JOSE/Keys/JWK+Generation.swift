extension JWK {
    /// A new symmetric key of 8 to 8192 bits, in whole bytes.
    package static func generateSecret(
        bitCount: Int, restrictions: Restrictions = Restrictions(),
        random: some RandomSource = SystemRandomSource()
    ) throws(JOSEError) -> JWK {
        guard (8...8192).contains(bitCount), bitCount.isMultiple(of: 8) else {
            throw JOSEError(.requestInvalid, "symmetric keys have 8 to 8192 bits, in whole bytes")
        }
        return try JWK(secret: random.secret(bitCount / 8), restrictions: restrictions)
    }

    /// A new RSA key of 2048 to 16384 bits with exponent 65537. Takes a second or more for long ones; OpenSSL
    /// takes the random bytes from its own generator.
    package static func generateRSA(
        bitCount: Int = 2048, restrictions: Restrictions = Restrictions()
    ) throws(JOSEError) -> JWK {
        JWK(.rsa(try .generateRSA(bitCount: bitCount)), restrictions)
    }

    /// A new key on a curve.
    package static func generate(
        on curve: Curve, restrictions: Restrictions = Restrictions(),
        random: some RandomSource = SystemRandomSource()
    ) throws(JOSEError) -> JWK {
        JWK(.curve(curve, try .generate(curve, random: random)), restrictions)
    }
}
