internal import JSON

/// Signed tokens in compact serialisation (RFC 7515, section 3.1).
package enum JWS {
    /// A token that was found genuine.
    package struct Verified: Sendable {
        /// Its header.
        package let header: JWSHeader
        /// Its content.
        package let payload: [UInt8]
        /// The key that verified it.
        package let key: JWK
    }

    /// Signs `payload`, up to 16 MiB.
    package static func sign(
        _ payload: [UInt8], using key: JWK, alg: SignatureAlgorithm, header: HeaderParameters = HeaderParameters()
    ) throws(JOSEError) -> String {
        guard payload.count <= 1 << 24 else { throw JOSEError(.requestInvalid, "the content is longer than 16 MiB") }
        try alg.check(key, signing: true)
        let encoded = try header.encoded(alg: alg.rawValue, enc: nil, algorithmMembers: [:])
        var token: [UInt8] = []
        token.reserveCapacity(Base64URL.encodedCount(encoded.count + payload.count + 128))
        Base64URL.append(encoded, to: &token)
        token.append(UInt8(ascii: "."))
        Base64URL.append(payload, to: &token)
        let signature = try alg.sign(token[...], with: key)
        token.append(UInt8(ascii: "."))
        Base64URL.append(signature, to: &token)
        return String(decoding: token, as: UTF8.self)
    }

    /// Verifies a token. What is checked, in this order: size, structure, base64url, the header's JSON, the
    /// header's values, the key, and only then the signature.
    package static func verify(
        _ token: String, accepting policy: JWSPolicy, keys: JWKSet
    ) throws(JOSEError) -> Verified {
        guard token.utf8.count <= policy.limits.tokenSize else {
            throw JOSEError(.tokenTooLarge, "the token is longer than the limit")
        }
        return try verify(Array(token.utf8), accepting: policy, keys: keys)
    }

    /// Verifies a token given as its ASCII bytes. A header without `kid` is tried with every key that suits.
    package static func verify(
        _ token: [UInt8], accepting policy: JWSPolicy, keys: JWKSet
    ) throws(JOSEError) -> Verified {
        guard token.count <= policy.limits.tokenSize else {
            throw JOSEError(.tokenTooLarge, "the token is longer than the limit")
        }
        guard let parts = CompactParts(token, count: 3) else {
            throw JOSEError(.tokenMalformed, "a signed token has three parts")
        }
        guard let payload = Base64URL.decode(token[parts.second]),
            let signature = Base64URL.decode(token[parts.third])
        else { throw JOSEError(.encodingMalformed, "a part is not base64url") }
        let encodedHeader = token[parts.first]
        let known = policy.cache.header(of: encodedHeader)
        let header = if let known { known } else { try readHeader(encodedHeader, policy) }
        let suitable = try SuitableKeys(keys.candidates(kid: header.kid), policy.limits) { (key) throws(JOSEError) in
            try header.alg.check(key, signing: false)
        }
        let message = token[..<parts.second.upperBound]
        for key in suitable.keys where try header.alg.isValid(signature, of: message, with: key) {
            if known == nil { policy.cache.remember(header, of: encodedHeader) }
            return Verified(header: header, payload: payload, key: key)
        }
        throw JOSEError(.signatureInvalid, "not signed with this key, or changed")
    }

    private static func readHeader(
        _ encoded: ArraySlice<UInt8>, _ policy: JWSPolicy
    ) throws(JOSEError) -> JWSHeader {
        guard let text = Base64URL.decode(encoded) else {
            throw JOSEError(.encodingMalformed, "the header is not base64url")
        }
        return try JWSHeader(parsing: text, accepting: policy)
    }
}
