internal import JSON

/// Seals tokens that are all alike: one key, one header. Make it once and keep it; any thread may use it.
package struct JWESealer: Sendable {
    private let key: JWK
    private let alg: KeyManagementAlgorithm
    private let enc: ContentEncryption
    private let header: HeaderParameters
    /// The encoded header, where it is the same for every token.
    private let prepared: [UInt8]?

    /// Longest plaintext in bytes.
    private static let longestPlaintext = 1 << 24

    /// Checks that the key suits the algorithms and the header can be made.
    package init(
        key: JWK, alg: KeyManagementAlgorithm, enc: ContentEncryption, header: HeaderParameters = HeaderParameters()
    ) throws(JOSEError) {
        try key.check(for: alg, enc, opening: false)
        self.key = key
        self.alg = alg
        self.enc = enc
        self.header = header
        let encoded = try header.encoded(alg: alg.rawValue, enc: enc.rawValue, algorithmMembers: [:])
        switch alg.method {
        case .direct, .rsa, .wrap: prepared = Array(Base64URL.encode(encoded).utf8)
        case .gcmWrap, .agreement, .password: prepared = nil
        }
    }

    /// A token with this content, which may be up to 16 MiB. Random bytes are taken in this order: content key,
    /// the algorithm's own, initialisation vector.
    package func seal(
        _ plaintext: [UInt8], random: some RandomSource = SystemRandomSource()
    ) throws(JOSEError) -> String {
        guard plaintext.count <= Self.longestPlaintext else {
            throw JOSEError(.requestInvalid, "the content is longer than 16 MiB")
        }
        let sealedKey = try alg.makeContentKey(for: key, enc, header, random: random)
        let encodedHeader = if let prepared { prepared } else { try encodeHeader(sealedKey) }
        let vector = try random.nonce(enc.vectorCount)
        let sealed = try enc.seal(
            plaintext, with: sealedKey.contentKey, vector: vector, additionalData: encodedHeader[...])
        var token: [UInt8] = []
        let byteCount = sealedKey.encrypted.count + vector.count + sealed.ciphertext.count + sealed.tag.count
        token.reserveCapacity(encodedHeader.count + Base64URL.encodedCount(byteCount) + 8)
        token.append(contentsOf: encodedHeader)
        for part in [sealedKey.encrypted, vector, sealed.ciphertext, sealed.tag] {
            token.append(UInt8(ascii: "."))
            Base64URL.append(part, to: &token)
        }
        return String(decoding: token, as: UTF8.self)
    }

    private func encodeHeader(_ sealedKey: SealedKey) throws(JOSEError) -> [UInt8] {
        let text = try header.encoded(alg: alg.rawValue, enc: enc.rawValue, algorithmMembers: sealedKey.members)
        return Array(Base64URL.encode(text).utf8)
    }
}
