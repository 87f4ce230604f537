package import JSON

extension JWK {
    /// Reads a key from its JSON text. Members that are not known are ignored (RFC 7517, section 4).
    package convenience init(parsing text: [UInt8]) throws(JOSEError) {
        let object: JSONObject
        do throws(JSONError) { object = try JSONObject(parsing: text, nesting: 8) } catch {
            throw JOSEError(.keyMalformed, "not a JSON object: \(error)")
        }
        try self.init(object)
    }

    /// Reads a key: `key_malformed` where members are missing or wrong, `key_length` for short RSA keys,
    /// `key_unsuitable` for a type or curve that is not supported.
    package convenience init(_ object: JSONObject) throws(JOSEError) {
        let members = KeyMembers(object)
        let restrictions = try Restrictions(members)
        let kind = try members.requiredText("kty")
        guard let type = KeyType(exactly: kind) else {
            throw JOSEError(.keyUnsuitable, "the key type is not supported")
        }
        let material: Material =
            switch type {
            case .octets: try Self.octets(members)
            case .rsa: try Self.rsa(members)
            case .ellipticCurve, .octetKeyPair: try Self.curve(members, type)
            }
        self.init(material, restrictions)
    }

    private static func octets(_ members: KeyMembers) throws(JOSEError) -> Material {
        let secret = try members.requiredSecret("k")
        guard secret.count > 0 else { throw JOSEError(.keyMalformed, "k is empty") }
        return .octets(SymmetricKey(secret))
    }

    /// RFC 7518, section 6.3: of the factors all are there or none; more than two primes are not supported.
    private static func rsa(_ members: KeyMembers) throws(JOSEError) -> Material {
        guard members.object["oth"] == nil else { throw JOSEError(.keyUnsuitable, "more than two primes") }
        var factors: [SecretBytes] = []
        for name in ["p", "q", "dp", "dq", "qi"] {
            if let number = try members.secret(name) { factors.append(number) }
        }
        let privateExponent = try members.secret("d")
        guard factors.isEmpty || factors.count == 5 && privateExponent != nil else {
            throw JOSEError(.keyMalformed, "some members of the private key are missing")
        }
        let key = try AsymmetricKey.rsa(
            modulus: members.requiredBytes("n"), exponent: members.requiredBytes("e"),
            privateExponent: privateExponent, factors: factors.isEmpty ? nil : RSAFactors(numbers: factors))
        return .rsa(key)
    }

    private static func curve(_ members: KeyMembers, _ type: KeyType) throws(JOSEError) -> Material {
        guard let curve = Curve(exactly: try members.requiredText("crv")), curve.keyType == type else {
            throw JOSEError(.keyUnsuitable, "the curve is not supported")
        }
        let x = try members.requiredBytes("x")
        let privatePart = try members.secret("d")
        if type == .ellipticCurve {
            let y = try members.requiredBytes("y")
            return .curve(curve, try .ellipticCurve(curve, x: x, y: y, privatePart: privatePart))
        }
        guard let privatePart else { return .curve(curve, try .octetKeyPair(curve, publicPart: x)) }
        let key = try AsymmetricKey.octetKeyPair(curve, privatePart: privatePart)
        guard constantTimeEqual(try key.rawPublicPart(curve), x) else {
            throw JOSEError(.keyMalformed, "d does not belong to x")
        }
        return .curve(curve, key)
    }
}

extension JWK.Restrictions {
    fileprivate init(_ members: KeyMembers) throws(JOSEError) {
        kid = try members.text("kid")
        use = try members.text("use")
        alg = try members.text("alg")
        guard let listed = members.object["key_ops"] else { return }
        guard let elements = listed.array else { throw JOSEError(.keyMalformed, "key_ops is no array") }
        let names = elements.compactMap(\.string)
        guard names.count == elements.count, Set(names).count == names.count else {
            throw JOSEError(.keyMalformed, "key_ops has elements that are no texts, or repeated")
        }
        operations = names
    }
}

/// The members of a key's JSON, by the type that they must have.
private struct KeyMembers {
    let object: JSONObject

    init(_ object: JSONObject) { self.object = object }

    func text(_ name: String) throws(JOSEError) -> String? {
        guard let value = object[name] else { return nil }
        guard let text = value.string else { throw JOSEError(.keyMalformed, "\(name) is no text") }
        return text
    }

    func requiredText(_ name: String) throws(JOSEError) -> String {
        guard let text = try text(name) else { throw JOSEError(.keyMalformed, "\(name) is missing") }
        return text
    }

    func requiredBytes(_ name: String) throws(JOSEError) -> [UInt8] {
        guard let bytes = Base64URL.decode(try requiredText(name)) else {
            throw JOSEError(.keyMalformed, "\(name) is not base64url")
        }
        return bytes
    }

    func secret(_ name: String) throws(JOSEError) -> SecretBytes? {
        guard object[name] != nil else { return nil }
        var bytes = try requiredBytes(name)
        defer { bytes.cleanse() }
        return SecretBytes(bytes)
    }

    func requiredSecret(_ name: String) throws(JOSEError) -> SecretBytes {
        guard let secret = try secret(name) else { throw JOSEError(.keyMalformed, "\(name) is missing") }
        return secret
    }
}
