/// What a key is about to be used for.
struct KeyUse {
    /// `use` that allows it.
    let use: String
    /// Operations of `key_ops`, of which one must be allowed; none where `key_ops` says nothing about it.
    let operations: [String]
    /// Values of the key's `alg` that allow it.
    let algorithms: [String]
    /// Whether the private part is needed.
    let needsPrivatePart: Bool
}

extension JWK {
    /// Refuses a use that the key's own restrictions do not allow (RFC 7517, sections 4.2 to 4.4).
    func checkRestrictions(for intended: KeyUse) throws(JOSEError) {
        if let use = restrictions.use, use != intended.use {
            throw JOSEError(.keyUnsuitable, "the key is for another use")
        }
        if let operations = restrictions.operations, !intended.operations.isEmpty,
            !operations.contains(where: intended.operations.contains)
        {
            throw JOSEError(.keyUnsuitable, "the key is for other operations")
        }
        if let alg = restrictions.alg, !intended.algorithms.contains(alg) {
            throw JOSEError(.keyUnsuitable, "the key is for another algorithm")
        }
        if intended.needsPrivatePart, !isPrivate {
            throw JOSEError(.keyUnsuitable, "the key has no private part")
        }
    }

    /// Refuses a key that is not of the algorithm's family, curve or length, or is meant for something else.
    func check(
        for alg: KeyManagementAlgorithm, _ enc: ContentEncryption, opening: Bool
    ) throws(JOSEError) {
        try checkFamily(for: alg)
        try checkRestrictions(for: alg.use(enc, opening: opening))
        guard case .octets(let key) = material else { return }
        let required: Int? =
            switch alg.method {
            case .direct: enc.keyCount
            case .wrap(let count), .gcmWrap(let count): count
            case .password, .rsa, .agreement: nil
            }
        guard required ?? key.secret.count == key.secret.count else {
            throw JOSEError(.keyLength, "the key has another length than the algorithm requires")
        }
    }

    private func checkFamily(for alg: KeyManagementAlgorithm) throws(JOSEError) {
        switch (alg.method, material) {
        case (.direct, .octets), (.wrap, .octets), (.gcmWrap, .octets), (.password, .octets), (.rsa, .rsa): return
        case (.agreement, .curve(let curve, _)) where curve.agrees: return
        default: throw JOSEError(.keyUnsuitable, "the key is not of the algorithm's family")
        }
    }
}

extension KeyManagementAlgorithm {
    fileprivate func use(_ enc: ContentEncryption, opening: Bool) -> KeyUse {
        let operations: [String]
        var algorithms = [rawValue]
        switch method {
        case .direct:
            operations = [opening ? "decrypt" : "encrypt"]
            // RFC 7520, section 5.6, names the content encryption as the key's algorithm.
            algorithms.append(enc.rawValue)
        case .rsa: operations = opening ? ["unwrapKey", "decrypt"] : ["wrapKey", "encrypt"]
        case .wrap, .gcmWrap: operations = [opening ? "unwrapKey" : "wrapKey"]
        // Sealing derives with the ephemeral key; for the recipient's public part there is no operation.
        case .agreement: operations = opening ? ["deriveKey", "deriveBits"] : []
        case .password: operations = ["deriveKey", "deriveBits"]
        }
        return KeyUse(use: "enc", operations: operations, algorithms: algorithms, needsPrivatePart: opening)
    }
}
