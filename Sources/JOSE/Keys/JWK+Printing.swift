package import JSON

extension JWK {
    /// The public part as a JWK: what may be published. A symmetric key has none: `key_unsuitable`.
    package func publicJSON() throws(JOSEError) -> JSONObject {
        if case .octets = material { throw JOSEError(.keyUnsuitable, "a symmetric key has no public part") }
        return withRestrictions(try publicMembers())
    }

    /// The whole key as a JWK, with its secret numbers. A public key has none: `key_unsuitable`.
    package func privateJSON() throws(JOSEError) -> JSONObject {
        guard isPrivate else { throw JOSEError(.keyUnsuitable, "the key has no private part") }
        var members = try publicMembers()
        switch material {
        case .octets(let key): members["k"] = Self.text(key.secret)
        case .rsa(let key): try Self.addPrivateNumbers(of: key, to: &members)
        case .curve(let curve, let key):
            members["d"] =
                curve.keyType == .octetKeyPair
                ? Self.text(try key.rawPrivatePart(curve))
                : Self.text(try key.integer("priv", count: curve.coordinateCount))
        }
        return withRestrictions(members)
    }

    /// The key without its private part; itself if it has none. A symmetric key has no public part.
    package func publicKey() throws(JOSEError) -> JWK {
        if case .octets = material { throw JOSEError(.keyUnsuitable, "a symmetric key has no public part") }
        guard isPrivate else { return self }
        // What a private key may do is not what its public part may do.
        var object = try publicMembers()
        object["kid"] = restrictions.kid.map(JSONValue.string)
        let parsed = try JWK(object)
        return JWK(
            parsed.material,
            Restrictions(kid: restrictions.kid, use: restrictions.use, alg: restrictions.alg))
    }

    /// The members that make a thumbprint (RFC 7638, section 3.2), which for all but symmetric keys are those
    /// of the public part.
    func publicMembers() throws(JOSEError) -> JSONObject {
        var members: JSONObject = ["kty": .string(keyType.rawValue)]
        switch material {
        case .octets: break
        case .rsa(let key):
            members["n"] = Self.text(try key.integer("n"))
            members["e"] = Self.text(try key.integer("e"))
        case .curve(let curve, let key):
            members["crv"] = .string(curve.rawValue)
            if curve.keyType == .octetKeyPair {
                members["x"] = .string(Base64URL.encode(try key.rawPublicPart(curve)))
            } else {
                let point = try key.coordinates(curve)
                members["x"] = .string(Base64URL.encode(point.x))
                members["y"] = .string(Base64URL.encode(point.y))
            }
        }
        return members
    }

    private static func addPrivateNumbers(
        of key: AsymmetricKey, to members: inout JSONObject
    ) throws(JOSEError) {
        members["d"] = text(try key.integer("d"))
        for (member, name) in zip(["p", "q", "dp", "dq", "qi"], RSAFactors.names) {
            // A key that was given without its factors is printed without them.
            guard let number = try? key.integer(name.description) else { return }
            members[member] = text(number)
        }
    }

    private func withRestrictions(_ members: JSONObject) -> JSONObject {
        var members = members
        members["kid"] = restrictions.kid.map(JSONValue.string)
        members["use"] = restrictions.use.map(JSONValue.string)
        members["key_ops"] = restrictions.operations.map { .array($0.map(JSONValue.string)) }
        members["alg"] = restrictions.alg.map(JSONValue.string)
        return members
    }

    private static func text(_ secret: SecretBytes) -> JSONValue {
        var bytes = secret.revealed()
        defer { bytes.cleanse() }
        return .string(Base64URL.encode(bytes))
    }
}

// MARK: - Thumbprints

extension JWK {
    /// The SHA-256 thumbprint of the key (RFC 7638; RFC 8037, section 2), base64url: the same for a private
    /// key and its public part.
    package func thumbprint() throws(JOSEError) -> String {
        var members = try publicMembers()
        if case .octets(let key) = material { members["k"] = Self.text(key.secret) }
        let ordered = JSONObject(members.members.sorted { $0.name < $1.name }.map { ($0.name, $0.value) })
        return Base64URL.encode(try SHA256.hash(ordered.serialized()))
    }
}
