package import JSON

/// What a reader requires of the claims of a token (RFC 7519, section 4.1), apart from where they came from.
package struct JWTClaimsPolicy: Sendable, Equatable {
    /// Whether `exp` must be there.
    package var requiresExpiry: Bool
    /// By how many seconds clocks may differ.
    package var tolerance: Int64
    /// Accepted values of `iss`, which must then be there; `nil` accepts any and none.
    package var issuers: [String]?
    /// The reader's own names, one of which `aud` must contain; `nil` accepts any and none.
    package var audiences: [String]?
    /// Names of other claims that must be there.
    package var required: [String]

    /// A policy; `exp` required, 15 s of tolerance, any issuer and audience unless said otherwise.
    package init(
        requiresExpiry: Bool = true, tolerance: Int64 = 15, issuers: [String]? = nil, audiences: [String]? = nil,
        required: [String] = []
    ) {
        self.requiresExpiry = requiresExpiry
        self.tolerance = tolerance
        self.issuers = issuers
        self.audiences = audiences
        self.required = required
    }

    /// Reads the claims of a genuine token and checks them at `now`, in seconds since 1970.
    package func claims(from text: [UInt8], now: Int64) throws(JOSEError) -> JSONObject {
        let claims: JSONObject
        do throws(JSONError) { claims = try JSONObject(parsing: text) } catch {
            throw JOSEError(.claimsMalformed, "the claims are no strict JSON object: \(error)")
        }
        try check(claims, now: now)
        return claims
    }

    /// Checks claims at `now`, in seconds since 1970. Types are checked before values, so a token with a malformed
    /// claim is `claims_malformed` whatever else is wrong with it.
    package func check(_ claims: JSONObject, now: Int64) throws(JOSEError) {
        let expiry = try Self.moment("exp", in: claims)
        let beginning = try Self.moment("nbf", in: claims)
        _ = try Self.moment("iat", in: claims)
        let issuer = try Self.text("iss", in: claims)
        let audience = try Self.audience(in: claims)
        if requiresExpiry, expiry == nil { throw JOSEError(.claimMissing, "exp is missing") }
        for name in required where claims[name] == nil { throw JOSEError(.claimMissing, "\(name) is missing") }
        let moment = Double(now)
        if let expiry, expiry <= moment - Double(tolerance) { throw JOSEError(.tokenExpired, "exp has passed") }
        if let beginning, beginning > moment + Double(tolerance) {
            throw JOSEError(.tokenNotYetValid, "nbf is to come")
        }
        if let issuers {
            guard let issuer else { throw JOSEError(.claimMissing, "iss is missing") }
            guard issuers.contains(where: { isSame($0, issuer) }) else {
                throw JOSEError(.issuerNotAccepted, "iss is not accepted here")
            }
        }
        if let audiences {
            guard let audience else { throw JOSEError(.claimMissing, "aud is missing") }
            guard audience.contains(where: { name in audiences.contains { isSame($0, name) } }) else {
                throw JOSEError(.audienceNotAccepted, "aud does not name this reader")
            }
        }
    }

    private static func moment(_ name: String, in claims: JSONObject) throws(JOSEError) -> Double? {
        guard let value = claims[name] else { return nil }
        guard let number = value.number else { throw JOSEError(.claimsMalformed, "\(name) is no number") }
        return number
    }

    private static func text(_ name: String, in claims: JSONObject) throws(JOSEError) -> String? {
        guard let value = claims[name] else { return nil }
        guard let text = value.string else { throw JOSEError(.claimsMalformed, "\(name) is no text") }
        return text
    }

    private static func audience(in claims: JSONObject) throws(JOSEError) -> [String]? {
        guard let value = claims["aud"] else { return nil }
        if let one = value.string { return [one] }
        guard let elements = value.array else { throw JOSEError(.claimsMalformed, "aud is no text and no array") }
        let names = elements.compactMap(\.string)
        guard names.count == elements.count else {
            throw JOSEError(.claimsMalformed, "aud has an element that is no text")
        }
        return names
    }
}
