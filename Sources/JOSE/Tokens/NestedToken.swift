/// Tokens that are signed, then sealed (RFC 7519, section 11.2): what is inside is marked with `cty` `JWT`.
package enum NestedToken {
    /// A nested token that was found genuine at every layer.
    package struct Opened: Sendable {
        /// The innermost content.
        package let payload: [UInt8]
        /// Headers of the sealed layers, the outermost first.
        package let sealedHeaders: [JWEHeader]
        /// The header of the signature.
        package let signedHeader: JWSHeader
    }

    /// How the inner token is signed.
    package struct Signing: Sendable {
        let key: JWK
        let alg: SignatureAlgorithm
        let header: HeaderParameters

        /// Signs with this private or symmetric key.
        package init(key: JWK, alg: SignatureAlgorithm, header: HeaderParameters = HeaderParameters()) {
            self.key = key
            self.alg = alg
            self.header = header
        }
    }

    /// How the outer token is sealed.
    package struct Sealing: Sendable {
        let key: JWK
        let alg: KeyManagementAlgorithm
        let enc: ContentEncryption
        let header: HeaderParameters

        /// Seals for the holder of this key; `cty` of the header becomes `JWT`.
        package init(
            key: JWK, alg: KeyManagementAlgorithm, enc: ContentEncryption,
            header: HeaderParameters = HeaderParameters()
        ) {
            self.key = key
            self.alg = alg
            self.enc = enc
            var header = header
            header.cty = "JWT"
            self.header = header
        }
    }

    /// Signs `payload` and seals the result.
    package static func make(
        _ payload: [UInt8], signing: Signing, sealing: Sealing, random: some RandomSource = SystemRandomSource()
    ) throws(JOSEError) -> String {
        let signed = try JWS.sign(payload, using: signing.key, alg: signing.alg, header: signing.header)
        return try JWE.seal(
            Array(signed.utf8), using: sealing.key, alg: sealing.alg, enc: sealing.enc, header: sealing.header,
            random: random)
    }

    /// Opens the sealed layers and verifies the signature in them. The outermost layer must be sealed, every
    /// layer but the last must have `cty` `JWT`, and the last must be signed; at most `sealed.limits.nesting`
    /// layers (`nesting_too_deep`).
    package static func open(
        _ token: String, sealed: JWEPolicy, sealingKeys: JWKSet, signed: JWSPolicy, signingKeys: JWKSet
    ) throws(JOSEError) -> Opened {
        guard token.utf8.count <= sealed.limits.tokenSize else {
            throw JOSEError(.tokenTooLarge, "the token is longer than the limit")
        }
        var layer = Array(token.utf8)
        var headers: [JWEHeader] = []
        while headers.count < sealed.limits.nesting {
            if !headers.isEmpty, CompactParts(layer, count: 3) != nil {
                let verified = try JWS.verify(layer, accepting: signed, keys: signingKeys)
                return Opened(payload: verified.payload, sealedHeaders: headers, signedHeader: verified.header)
            }
            let opened = try JWE.open(layer, accepting: sealed, keys: sealingKeys)
            guard let type = opened.header.cty, AcceptedTypes.normalised(type) == "jwt" else {
                throw JOSEError(.tokenMalformed, "the sealed content is not marked as a token")
            }
            headers.append(opened.header)
            layer = opened.plaintext
        }
        throw JOSEError(.nestingTooDeep, "more tokens inside one another than the limit")
    }
}
