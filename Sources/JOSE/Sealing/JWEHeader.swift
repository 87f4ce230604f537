package import JSON

/// The protected header of a JWE whose algorithms the reader accepts.
package struct JWEHeader: Sendable {
    /// `alg`.
    package let alg: KeyManagementAlgorithm
    /// `enc`.
    package let enc: ContentEncryption
    /// `kid`, if there.
    package let kid: String?
    /// `typ`, if there.
    package let typ: String?
    /// `cty`, if there.
    package let cty: String?
    /// All members, those above among them. Keys and addresses of keys in a header (`jwk`, `jku`, `x5c`, `x5u`)
    /// are whatever the sender wrote; they are never used.
    package let members: JSONObject

    let parameters: KeyManagementParameters

    /// Reads and checks the JSON of a header, in the order: JSON, `alg`, `enc`, `typ`, `crit`, `zip`, `b64`,
    /// parameters of the algorithm.
    init(parsing text: [UInt8], accepting policy: JWEPolicy) throws(JOSEError) {
        let header = try ProtectedHeader(parsing: text)
        let encryption = try header.requiredEncryption()
        guard let alg = KeyManagementAlgorithm(exactly: header.alg), policy.algorithms.contains(alg) else {
            throw JOSEError(.algorithmNotAccepted, "alg is not accepted here")
        }
        guard let enc = ContentEncryption(exactly: encryption), policy.encryptions.contains(enc) else {
            throw JOSEError(.encryptionNotAccepted, "enc is not accepted here")
        }
        guard policy.types.accepts(header.typ) else { throw JOSEError(.typeNotAccepted, "typ is not accepted here") }
        try header.refuseExtensions()
        self.alg = alg
        self.enc = enc
        kid = header.kid
        typ = header.typ
        cty = header.cty
        members = header.members
        parameters = try KeyManagementParameters(alg, in: members, limits: policy.limits)
    }

    /// Whether other tokens may have the same header.
    var isShared: Bool {
        if case .none = parameters { true } else { false }
    }
}

/// Which sealed tokens a reader accepts. Make it once and keep it: it remembers headers that it accepted.
package struct JWEPolicy: Sendable {
    /// Values of `alg`.
    package let algorithms: Set<KeyManagementAlgorithm>
    /// Values of `enc`.
    package let encryptions: Set<ContentEncryption>
    /// Values of `typ`.
    package let types: AcceptedTypes
    /// Limits.
    package let limits: JOSELimits

    let cache = HeaderCache<JWEHeader>()

    /// Accepts these algorithms and types and no others.
    package init(
        algorithms: Set<KeyManagementAlgorithm>, encryptions: Set<ContentEncryption>, types: AcceptedTypes,
        limits: JOSELimits = JOSELimits()
    ) {
        self.algorithms = algorithms
        self.encryptions = encryptions
        self.types = types
        self.limits = limits
    }
}
