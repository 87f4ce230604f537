internal import JSON

/// Opening: from the recipient's key and the header to the content encryption key.
extension JWEHeader {
    /// The content encryption key. For RSA1_5 it is a random one where the token has none, so that the
    /// failure shows only when the content does not open.
    func contentKey(
        _ content: SealedContent, key: JWK, random: some RandomSource
    ) throws(JOSEError) -> SymmetricKey {
        let encrypted = content.bytes[content.encryptedKey]
        let found: SecretBytes?
        switch (alg.method, key.material, parameters) {
        case (.direct, .octets(let key), _): return key
        case (.rsa(.pkcs1), .rsa(let key), _):
            found = try key.decryptPKCS1(encrypted, fallback: random.secret(enc.keyCount))
        case (.rsa(.oaep(let digest)), .rsa(let key), _): found = try key.decryptOAEP(encrypted, digest)
        case (.wrap, .octets(let key), _): found = try AESKeyWrap.unwrap(encrypted, with: key.secret)
        case (.gcmWrap, .octets(let key), .wrapping(let vector, let tag)):
            found = try Self.unwrapGCM(encrypted, key, vector, tag)
        case (.agreement(let count), .curve(let curve, let key), .ephemeral(let other)):
            let agreed = try agreedKey(key, curve, other, wrapKeyCount: count)
            found = count == nil ? agreed : try AESKeyWrap.unwrap(encrypted, with: agreed)
        case (.password(let digest, let count), .octets(let key), .password(let salt, let iterations)):
            let derived = try alg.derivedKey(key.secret, salt, iterations, digest, count)
            found = try AESKeyWrap.unwrap(encrypted, with: derived)
        default: throw JOSEError(.keyUnsuitable, "the key is not of the algorithm's family")
        }
        guard let found, found.count == enc.keyCount else {
            throw JOSEError(.decryptionFailed, "not sealed with this key, or changed")
        }
        return SymmetricKey(found)
    }

    private static func unwrapGCM(
        _ encrypted: ArraySlice<UInt8>, _ key: SymmetricKey, _ vector: [UInt8], _ tag: [UInt8]
    ) throws(JOSEError) -> SecretBytes? {
        let content = SealedContent(ciphertext: Array(encrypted), tag: tag, vector: vector)
        guard var opened = try key.cipher?.open(content, additionalData: []) else { return nil }
        defer { opened.cleanse() }
        return SecretBytes(opened)
    }

    private func agreedKey(
        _ key: AsymmetricKey, _ curve: Curve, _ other: KeyManagementParameters.EphemeralKey, wrapKeyCount: Int?
    ) throws(JOSEError) -> SecretBytes {
        let peer: JWK
        do throws(JOSEError) { peer = try JWK(other.key) } catch {
            throw JOSEError(.parameterNotAccepted, "epk is no valid public key")
        }
        guard case .curve(curve, let ephemeral) = peer.material else {
            throw JOSEError(.parameterNotAccepted, "epk is on another curve")
        }
        return try alg.agreedKey(
            key.agree(with: ephemeral), enc, producer: other.producer, recipient: other.recipient,
            wrapKeyCount: wrapKeyCount)
    }
}

/// Sealing: a content encryption key and what tells the recipient of it.
struct SealedKey {
    let contentKey: SymmetricKey
    let encrypted: [UInt8]
    let members: JSONObject
}

extension KeyManagementAlgorithm {
    /// Takes random bytes in this order: the content key, then what the algorithm needs (ephemeral key, vector
    /// or salt).
    func makeContentKey(
        for key: JWK, _ enc: ContentEncryption, _ header: HeaderParameters, random: some RandomSource
    ) throws(JOSEError) -> SealedKey {
        switch (method, key.material) {
        case (.direct, .octets(let key)): return SealedKey(contentKey: key, encrypted: [], members: [:])
        case (.rsa(let padding), .rsa(let key)):
            let content = try random.secret(enc.keyCount)
            return SealedKey(
                contentKey: SymmetricKey(content), encrypted: try key.encrypt(content, padding), members: [:])
        case (.wrap, .octets(let key)):
            let content = try random.secret(enc.keyCount)
            return try Self.wrapped(content, key.secret, [:])
        case (.gcmWrap, .octets(let key)): return try Self.sealedGCM(key, enc, random)
        case (.agreement(let count), .curve(let curve, let key)):
            return try agreedContentKey(key, curve, enc, header, count, random)
        case (.password(let digest, let count), .octets(let key)):
            return try passwordContentKey(key, enc, header, digest, count, random)
        default: throw JOSEError(.keyUnsuitable, "the key is not of the algorithm's family")
        }
    }

    private static func wrapped(
        _ content: SecretBytes, _ key: SecretBytes, _ members: JSONObject
    ) throws(JOSEError) -> SealedKey {
        SealedKey(
            contentKey: SymmetricKey(content), encrypted: try AESKeyWrap.wrap(content, with: key), members: members)
    }

    private static func sealedGCM(
        _ key: SymmetricKey, _ enc: ContentEncryption, _ random: some RandomSource
    ) throws(JOSEError) -> SealedKey {
        guard let cipher = key.cipher else { throw JOSEError(.keyLength, "AES takes no key of this length") }
        let content = try random.secret(enc.keyCount)
        let vector = try random.nonce(AESGCMKey.vectorCount)
        var revealed = content.revealed()
        defer { revealed.cleanse() }
        let sealed = try cipher.seal(revealed, vector: vector, additionalData: [])
        return SealedKey(
            contentKey: SymmetricKey(content), encrypted: sealed.ciphertext,
            members: [
                "iv": .string(Base64URL.encode(vector)), "tag": .string(Base64URL.encode(sealed.tag)),
            ])
    }

    private func agreedContentKey(
        _ key: AsymmetricKey, _ curve: Curve, _ enc: ContentEncryption, _ header: HeaderParameters,
        _ wrapKeyCount: Int?, _ random: some RandomSource
    ) throws(JOSEError) -> SealedKey {
        let content = wrapKeyCount == nil ? nil : try random.secret(enc.keyCount)
        let ephemeral = JWK(.curve(curve, try .generate(curve, random: random)), JWK.Restrictions())
        guard case .curve(_, let own) = ephemeral.material else {
            throw JOSEError(.keyUnsuitable, "the ephemeral key is on no curve")
        }
        let agreed = try agreedKey(
            own.agree(with: key), enc, producer: header.producer ?? [], recipient: header.recipient ?? [],
            wrapKeyCount: wrapKeyCount)
        var members: JSONObject = ["epk": .object(try ephemeral.publicMembers())]
        members["apu"] = header.producer.map { .string(Base64URL.encode($0)) }
        members["apv"] = header.recipient.map { .string(Base64URL.encode($0)) }
        guard let content else { return SealedKey(contentKey: SymmetricKey(agreed), encrypted: [], members: members) }
        return try Self.wrapped(content, agreed, members)
    }

    private func passwordContentKey(
        _ password: SymmetricKey, _ enc: ContentEncryption, _ header: HeaderParameters,
        _ digest: DigestAlgorithm, _ wrapKeyCount: Int, _ random: some RandomSource
    ) throws(JOSEError) -> SealedKey {
        let iterations = header.passwordIterations
        guard (JOSELimits.leastPasswordIterations...1_000_000).contains(iterations) else {
            throw JOSEError(.requestInvalid, "PBES2 takes 1000 to 1000000 iterations")
        }
        let content = try random.secret(enc.keyCount)
        let salt = try random.nonce(16)
        let derived = try derivedKey(password.secret, salt, iterations, digest, wrapKeyCount)
        return try Self.wrapped(
            content, derived, ["p2s": .string(Base64URL.encode(salt)), "p2c": .integer(Int64(iterations))])
    }

    /// RFC 7518, section 4.6.2.
    fileprivate func agreedKey(
        _ sharedSecret: SecretBytes, _ enc: ContentEncryption, producer: [UInt8], recipient: [UInt8],
        wrapKeyCount: Int?
    ) throws(JOSEError) -> SecretBytes {
        try KeyDerivation.concatenation(
            sharedSecret, algorithm: wrapKeyCount == nil ? enc.rawValue : rawValue, partyU: producer,
            partyV: recipient, length: wrapKeyCount ?? enc.keyCount)
    }

    /// RFC 7518, section 4.8: the salt is the algorithm's name, a zero byte, and `p2s`.
    fileprivate func derivedKey(
        _ password: SecretBytes, _ salt: [UInt8], _ iterations: Int, _ digest: DigestAlgorithm, _ count: Int
    ) throws(JOSEError) -> SecretBytes {
        try KeyDerivation.passwordBased(
            password, salt: Array(rawValue.utf8) + [0] + salt, count: iterations, digest: digest, length: count)
    }
}
