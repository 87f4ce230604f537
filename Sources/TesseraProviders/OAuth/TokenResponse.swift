import JSON
import TesseraCore

/// What a token endpoint answered (RFC 6749, section 5), checked and put into the usual shape.
struct TokenResponse: Sendable {
    let accessToken: String
    let idToken: String?
    /// All members, with those that the entry adds.
    let members: JSONObject
    private let expiresAt: Int64?

    init(_ response: OutboundResponse, adding added: JSONObject, at now: Timestamp) throws(ProvidersError) {
        var members = try Self.object(response)
        try Self.refuseError(members, response)
        for member in added.members where members[member.name] == nil { members[member.name] = member.value }
        guard let token = members["access_token"]?.string, !token.isEmpty else {
            throw ProvidersError(.malformed, "the token response has no access_token")
        }
        if let type = members["token_type"] {
            guard let text = type.string, text.lowercased() == "bearer" else {
                throw ProvidersError(.tokenType, "the token is of a type that is not used here")
            }
        }
        if let scopes = members["scope"]?.array {
            members["scope"] = .string(scopes.compactMap(\.string).joined(separator: " "))
        }
        accessToken = token
        idToken = members["id_token"]?.string
        expiresAt = Self.lifetime(members["expires_in"]).map { now.seconds + $0 }
        self.members = members
    }

    /// The fields that an account keeps: the usual ones and those that the entry names. An ID token that nobody asked
    /// for is not verified, and not kept.
    func accountFields(extra: [String], keepsIDToken: Bool) -> JSONObject {
        var fields = JSONObject()
        for name in ["access_token", "refresh_token", "id_token", "token_type", "scope"] {
            fields[name] = told(name)
        }
        if !keepsIDToken { fields["id_token"] = nil }
        fields["expires_at"] = expiresAt.map(JSONValue.integer)
        for name in ["session_state"] + extra { fields[name] = told(name) }
        return fields
    }

    /// A member that says something: some providers send `null` or an empty text for a refresh token that stays as it is.
    private func told(_ name: String) -> JSONValue? {
        guard let value = members[name], value != .null, value != .string("") else { return nil }
        return value
    }

    private static func object(_ response: OutboundResponse) throws(ProvidersError) -> JSONObject {
        if let object = try? JSONObject(parsing: response.body) { return object }
        if response.contentType == "application/x-www-form-urlencoded",
            let text = String(validating: response.body, as: UTF8.self)
        {
            return JSONObject(PercentEncoding.decodeForm(text).prefix(100).map { ($0.name, .string($0.value)) })
        }
        guard response.isSuccess else {
            throw ProvidersError(.status, "the token endpoint answered with status \(response.status)")
        }
        throw ProvidersError(.malformed, "the token response is no JSON object")
    }

    /// An `error` is one whatever the status, as are WeChat's `errcode` and every status that is none of success.
    private static func refuseError(_ members: JSONObject, _ response: OutboundResponse) throws(ProvidersError) {
        if let error = members["error"], error != .null, error != .string("") {
            throw ProvidersError(.tokenError, "the token endpoint says \(errorName(error, members))")
        }
        if let code = members["errcode"]?.integer, code != 0 {
            throw ProvidersError(.tokenError, "the token endpoint says errcode \(code)")
        }
        guard response.isSuccess else {
            // Twitch names no error, but says what it is.
            throw ProvidersError(
                .tokenError, "the token endpoint answered with status \(response.status): invalid_request")
        }
    }

    /// The error's name where it is one; never its description, which may repeat what was sent.
    private static func errorName(_ error: JSONValue, _ members: JSONObject) -> String {
        let name = error.string ?? error.object?["error_code"]?.mappedText ?? "an error"
        let isName =
            name.utf8.count <= 64
            && name.utf8.allSatisfy { (0x61...0x7A).contains($0) || (0x30...0x39).contains($0) || $0 == 0x5F }
        return isName ? name : "an error"
    }

    /// Seconds, as a number or its text.
    private static func lifetime(_ value: JSONValue?) -> Int64? {
        let seconds =
            value?.integer ?? value?.number.flatMap { Int64(exactly: $0.rounded(.down)) }
            ?? value?.string.flatMap { Int64($0) }
        return seconds.flatMap { (0...3_153_600_000).contains($0) ? $0 : nil }
    }
}

// MARK: The end of a grant

extension TokenResponse {
    /// Errors that say that a refresh token has ended, whatever the status they come with.
    private static let endings: Set = ["invalid_grant", "bad_refresh_token", "invalid_refresh_token"]
    /// Errors that say nothing of the refresh token. So do all that are about the client.
    private static let passing: Set = [
        "temporarily_unavailable", "server_error", "slow_down", "rate_limit_exceeded", "too_many_requests",
        "invalid_request", "invalid_scope", "unsupported_grant_type",
    ]

    /// Whether a refusal of a refresh is for good. A 400 or 401 that names another error is; one that names none is not,
    /// for it may come from something on the way.
    static func endsGrant(_ response: OutboundResponse) -> Bool {
        guard let members = try? object(response), let error = members["error"], error != .null, error != .string("")
        else { return false }
        let name = errorName(error, members)
        if endings.contains(name) { return true }
        guard response.status == 400 || response.status == 401 else { return false }
        return !passing.contains(name) && !name.contains("client")
    }
}
