package import JSON

/// What goes into a protected header besides the algorithms.
///
/// Members are written in this order: `alg`, `enc`, `kid`, `typ`, `cty`, the parameters of the algorithm,
/// the others; so the same request makes the same bytes.
package struct HeaderParameters: Sendable, Equatable {
    /// `kid`: the name of the key, for the reader.
    package var kid: String?
    /// `typ`: what the token is, such as `JWT`.
    package var typ: String?
    /// `cty`: what its content is; `JWT` for a token in a token.
    package var cty: String?
    /// `apu`: who made the token, for `ECDH-ES` (RFC 7518, section 4.6.1.2).
    package var producer: [UInt8]?
    /// `apv`: who it is for, for `ECDH-ES` (RFC 7518, section 4.6.1.3).
    package var recipient: [UInt8]?
    /// Iterations of PBES2, 1,000 to 1,000,000.
    package var passwordIterations = 100_000
    /// Members of the application's own.
    package var others = JSONObject()
    /// Names of members to write first, in this order, instead of the order above.
    package var order: [String] = []

    /// A header with these members.
    package init(
        kid: String? = nil, typ: String? = nil, cty: String? = nil, producer: [UInt8]? = nil,
        recipient: [UInt8]? = nil, others: JSONObject = JSONObject()
    ) {
        self.kid = kid
        self.typ = typ
        self.cty = cty
        self.producer = producer
        self.recipient = recipient
        self.others = others
    }

    private static let reserved: Set<String> = [
        "alg", "enc", "kid", "typ", "cty", "crit", "zip", "b64", "epk", "apu", "apv", "iv", "tag", "p2s", "p2c",
    ]

    /// The header's JSON. `request_invalid` if `others` has a name that the standard gives a meaning here.
    func encoded(alg: String, enc: String?, algorithmMembers: JSONObject) throws(JOSEError) -> [UInt8] {
        var members: JSONObject = ["alg": .string(alg)]
        members["enc"] = enc.map(JSONValue.string)
        members["kid"] = kid.map(JSONValue.string)
        members["typ"] = typ.map(JSONValue.string)
        members["cty"] = cty.map(JSONValue.string)
        for member in algorithmMembers.members { members[member.name] = member.value }
        for member in others.members {
            guard !Self.reserved.contains(member.name) else {
                throw JOSEError(.requestInvalid, "\(member.name) cannot be set as a member of one's own")
            }
            members[member.name] = member.value
        }
        return ordered(members).serialized()
    }

    private func ordered(_ members: JSONObject) -> JSONObject {
        guard !order.isEmpty else { return members }
        var result = JSONObject()
        for name in order { result[name] = members[name] }
        for member in members.members where result[member.name] == nil { result[member.name] = member.value }
        return result
    }
}
