/// Sealed tokens in compact serialisation (RFC 7516, section 3.1).
package enum JWE {
    /// A token that was found genuine.
    package struct Opened: Sendable {
        /// Its header.
        package let header: JWEHeader
        /// Its content.
        package let plaintext: [UInt8]
        /// The key that opened it.
        package let key: JWK
    }

    /// Seals `plaintext` for the holder of `key`. To make many tokens alike, keep a ``JWESealer``.
    package static func seal(
        _ plaintext: [UInt8], using key: JWK, alg: KeyManagementAlgorithm, enc: ContentEncryption,
        header: HeaderParameters = HeaderParameters(), random: some RandomSource = SystemRandomSource()
    ) throws(JOSEError) -> String {
        try JWESealer(key: key, alg: alg, enc: enc, header: header).seal(plaintext, random: random)
    }

    /// Opens a token. What is checked, in this order: size, structure, base64url, the header's JSON, the
    /// header's values, the key, and only then anything cryptographic.
    package static func open(
        _ token: String, accepting policy: JWEPolicy, keys: JWKSet
    ) throws(JOSEError) -> Opened {
        guard token.utf8.count <= policy.limits.tokenSize else {
            throw JOSEError(.tokenTooLarge, "the token is longer than the limit")
        }
        return try open(Array(token.utf8), accepting: policy, keys: keys)
    }

    /// Opens a token given as its ASCII bytes. A header without `kid` is tried with every key that suits.
    package static func open(
        _ token: [UInt8], accepting policy: JWEPolicy, keys: JWKSet,
        random: some RandomSource = SystemRandomSource()
    ) throws(JOSEError) -> Opened {
        guard token.count <= policy.limits.tokenSize else {
            throw JOSEError(.tokenTooLarge, "the token is longer than the limit")
        }
        guard let parts = CompactParts(token, count: 5) else {
            throw JOSEError(.tokenMalformed, "a sealed token has five parts")
        }
        guard let content = SealedContent(decoding: token, parts) else {
            throw JOSEError(.encodingMalformed, "a part is not base64url")
        }
        let encodedHeader = token[parts.first]
        let known = policy.cache.header(of: encodedHeader)
        let header = if let known { known } else { try readHeader(encodedHeader, policy) }
        try checkLengths(content, header)
        let opened = try open(content, header, encodedHeader, keys, policy.limits, random)
        if known == nil, header.isShared { policy.cache.remember(header, of: encodedHeader) }
        return opened
    }

    private static func readHeader(
        _ encoded: ArraySlice<UInt8>, _ policy: JWEPolicy
    ) throws(JOSEError) -> JWEHeader {
        guard let text = Base64URL.decode(encoded) else {
            throw JOSEError(.encodingMalformed, "the header is not base64url")
        }
        return try JWEHeader(parsing: text, accepting: policy)
    }

    private static func checkLengths(_ content: SealedContent, _ header: JWEHeader) throws(JOSEError) {
        guard content.vector.count == header.enc.vectorCount, content.tag.count == header.enc.tagCount,
            content.encryptedKey.isEmpty == header.alg.carriesNoKey
        else { throw JOSEError(.tokenMalformed, "a part has a length that its algorithm does not have") }
    }

    private static func open(
        _ content: SealedContent, _ header: JWEHeader, _ encodedHeader: ArraySlice<UInt8>, _ keys: JWKSet,
        _ limits: JOSELimits, _ random: some RandomSource
    ) throws(JOSEError) -> Opened {
        let suitable = try SuitableKeys(keys.candidates(kid: header.kid), limits) { (key) throws(JOSEError) in
            try key.check(for: header.alg, header.enc, opening: true)
            guard case .ephemeral(let other) = header.parameters, key.curve != other.curve else { return }
            throw JOSEError(.parameterNotAccepted, "epk is on another curve")
        }
        for key in suitable.keys {
            do throws(JOSEError) {
                let contentKey = try header.contentKey(content, key: key, random: random)
                let plaintext = try header.enc.open(content, with: contentKey, additionalData: encodedHeader)
                return Opened(header: header, plaintext: plaintext, key: key)
            } catch {
                guard error.code == .decryptionFailed else { throw error }
            }
        }
        throw JOSEError(.decryptionFailed, "not sealed with this key, or changed")
    }
}

/// The keys of a caller that a token may be tried with.
struct SuitableKeys {
    let keys: [JWK]

    /// Keeps those candidates that pass `check`: `key_unknown` if there was no candidate, the first one's own
    /// error if none passes, `key_ambiguous` if too many do.
    init(
        _ candidates: [JWK], _ limits: JOSELimits, check: (JWK) throws(JOSEError) -> Void
    ) throws(JOSEError) {
        guard !candidates.isEmpty else { throw JOSEError(.keyUnknown, "no key is known by this name") }
        var refusal: JOSEError?
        var suitable: [JWK] = []
        for key in candidates {
            do throws(JOSEError) {
                try check(key)
                suitable.append(key)
            } catch {
                refusal = refusal ?? error
            }
        }
        if suitable.isEmpty, let refusal { throw refusal }
        guard suitable.count <= limits.candidates else {
            throw JOSEError(.keyAmbiguous, "too many keys could be meant")
        }
        keys = suitable
    }
}
