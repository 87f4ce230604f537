package import JSON

/// The protected header of a JWS whose algorithm the reader accepts.
package struct JWSHeader: Sendable {
    /// `alg`.
    package let alg: SignatureAlgorithm
    /// `kid`, if there.
    package let kid: String?
    /// `typ`, if there.
    package let typ: String?
    /// `cty`, if there.
    package let cty: String?
    /// All members, those above among them. Keys and addresses of keys in a header (`jwk`, `jku`, `x5c`, `x5u`)
    /// are whatever the sender wrote; they are never used.
    package let members: JSONObject

    /// Reads and checks the JSON of a header, in the order: JSON, `alg`, `typ`, `crit`, `zip`, `b64`.
    init(parsing text: [UInt8], accepting policy: JWSPolicy) throws(JOSEError) {
        let header = try ProtectedHeader(parsing: text)
        guard let alg = SignatureAlgorithm(exactly: header.alg), policy.algorithms.contains(alg) else {
            throw JOSEError(.algorithmNotAccepted, "alg is not accepted here")
        }
        guard policy.types.accepts(header.typ) else { throw JOSEError(.typeNotAccepted, "typ is not accepted here") }
        try header.refuseExtensions()
        self.alg = alg
        kid = header.kid
        typ = header.typ
        cty = header.cty
        members = header.members
    }
}

/// Which signed tokens a reader accepts. Make it once and keep it: it remembers headers that it accepted.
package struct JWSPolicy: Sendable {
    /// Values of `alg`.
    package let algorithms: Set<SignatureAlgorithm>
    /// Values of `typ`.
    package let types: AcceptedTypes
    /// Limits.
    package let limits: JOSELimits

    let cache = HeaderCache<JWSHeader>()

    /// Accepts these algorithms and types and no others.
    package init(
        algorithms: Set<SignatureAlgorithm>, types: AcceptedTypes, limits: JOSELimits = JOSELimits()
    ) {
        self.algorithms = algorithms
        self.types = types
        self.limits = limits
    }
}
