internal import JSON

/// What a header says for its key management algorithm (RFC 7518, sections 4.6.1, 4.7.1 and 4.8.1).
enum KeyManagementParameters: Sendable {
    case none
    case ephemeral(EphemeralKey)
    case wrapping(vector: [UInt8], tag: [UInt8])
    case password(salt: [UInt8], iterations: Int)

    /// The other side's key of `ECDH-ES`, and who the sides are.
    struct EphemeralKey: Sendable {
        let key: JSONObject
        let curve: Curve
        let producer: [UInt8]
        let recipient: [UInt8]
    }

    /// Reads the parameters that `alg` needs; `parameter_not_accepted` if one is missing, malformed or beyond
    /// the limits.
    init(_ alg: KeyManagementAlgorithm, in members: JSONObject, limits: JOSELimits) throws(JOSEError) {
        switch alg.method {
        case .direct, .rsa, .wrap: self = .none
        case .agreement: self = .ephemeral(try EphemeralKey(members))
        case .gcmWrap:
            let vector = try Self.requiredBytes("iv", in: members)
            let tag = try Self.requiredBytes("tag", in: members)
            guard vector.count == AESGCMKey.vectorCount, tag.count == AESGCMKey.tagCount else {
                throw JOSEError(.parameterNotAccepted, "iv or tag has a wrong length")
            }
            self = .wrapping(vector: vector, tag: tag)
        case .password:
            let salt = try Self.requiredBytes("p2s", in: members)
            guard JOSELimits.passwordSaltCounts.contains(salt.count) else {
                throw JOSEError(.parameterNotAccepted, "p2s has a wrong length")
            }
            guard case .integer(let count)? = members["p2c"],
                (JOSELimits.leastPasswordIterations...limits.passwordIterations).contains(Int(clamping: count))
            else { throw JOSEError(.parameterNotAccepted, "p2c is outside the limits") }
            self = .password(salt: salt, iterations: Int(count))
        }
    }

    fileprivate static func bytes(_ name: String, in members: JSONObject) throws(JOSEError) -> [UInt8]? {
        guard let value = members[name] else { return nil }
        guard let text = value.string, let bytes = Base64URL.decode(text) else {
            throw JOSEError(.parameterNotAccepted, "\(name) is not base64url")
        }
        return bytes
    }

    private static func requiredBytes(_ name: String, in members: JSONObject) throws(JOSEError) -> [UInt8] {
        guard let bytes = try bytes(name, in: members) else {
            throw JOSEError(.parameterNotAccepted, "\(name) is missing")
        }
        return bytes
    }
}

extension KeyManagementParameters.EphemeralKey {
    fileprivate init(_ members: JSONObject) throws(JOSEError) {
        guard let key = members["epk"]?.object, key["d"] == nil,
            let curve = key["crv"]?.string.flatMap(Curve.init(exactly:)), curve.agrees,
            key["kty"] == .string(curve.keyType.rawValue)
        else { throw JOSEError(.parameterNotAccepted, "epk is no public key of a curve for agreement") }
        self.key = key
        self.curve = curve
        producer = try KeyManagementParameters.bytes("apu", in: members) ?? []
        recipient = try KeyManagementParameters.bytes("apv", in: members) ?? []
    }
}
