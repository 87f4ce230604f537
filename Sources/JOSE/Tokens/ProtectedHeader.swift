internal import JSON

/// What the protected headers of JWS and JWE have in common.
struct ProtectedHeader {
    let members: JSONObject
    let alg: String
    let kid: String?
    let typ: String?
    let cty: String?

    /// Reads the JSON of a header, strictly (RFC 7515, section 4; RFC 7516, section 4).
    init(parsing text: [UInt8]) throws(JOSEError) {
        do throws(JSONError) {
            members = try JSONObject(parsing: text, nesting: JOSELimits.headerNesting)
        } catch {
            throw JOSEError(.headerMalformed, "the header is not strict JSON: \(error)")
        }
        guard let alg = members["alg"]?.string else { throw JOSEError(.headerMalformed, "alg is no text") }
        self.alg = alg
        kid = try Self.text("kid", in: members)
        typ = try Self.text("typ", in: members)
        cty = try Self.text("cty", in: members)
    }

    /// `enc`, which every JWE has.
    func requiredEncryption() throws(JOSEError) -> String {
        guard let enc = members["enc"]?.string else { throw JOSEError(.headerMalformed, "enc is no text") }
        return enc
    }

    /// Refuses what changes the meaning of a token in ways that are not supported.
    func refuseExtensions() throws(JOSEError) {
        if let critical = members["crit"] {
            guard let names = critical.array, !names.isEmpty, names.allSatisfy({ $0.string != nil }) else {
                throw JOSEError(.headerMalformed, "crit is no list of names")
            }
            throw JOSEError(.criticalNotUnderstood, "the header names a critical extension")
        }
        if members["zip"] != nil { throw JOSEError(.compressionNotSupported, "the content is compressed") }
        if members["b64"] != nil { throw JOSEError(.unencodedNotSupported, "the header has b64") }
    }

    private static func text(_ name: String, in members: JSONObject) throws(JOSEError) -> String? {
        guard let value = members[name] else { return nil }
        guard let text = value.string else { throw JOSEError(.headerMalformed, "\(name) is no text") }
        return text
    }
}
