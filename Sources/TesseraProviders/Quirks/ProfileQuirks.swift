import JSON
import TesseraRuntime

/// What single providers need beyond the mapping of their profiles.
struct ProfileQuirks {
    private let provider: ConfiguredProvider

    init(_ provider: ConfiguredProvider) { self.provider = provider }

    /// Providers that report failures with status 200.
    func refuseError(_ document: JSONValue) throws(ProvidersError) {
        let object = document.object
        if provider.has(.tiktokClientKey), let code = object?["error"]?.object?["code"], code != .string("ok") {
            throw ProvidersError(.malformed, "the profile's outcome is not ok")
        }
        if provider.has(.vkTokenResponse), let error = object?["error"], error != .null {
            throw ProvidersError(.malformed, "the profile is an error")
        }
        guard provider.has(.wechatAppID) else { return }
        if let code = object?["errcode"]?.integer, code != 0 {
            throw ProvidersError(.malformed, "the profile is an error: errcode \(code)")
        }
        if object?["unionid"] == nil {
            throw ProvidersError(
                .profile, "WeChat sends a unionid only to applications that are bound to an open-platform account")
        }
    }

    /// What of a further answer counts: GitHub's addresses only where they are verified.
    func filter(_ answer: JSONValue) -> JSONValue {
        guard provider.has(.githubPrimaryEmail), let addresses = answer.array else { return answer }
        return .array(addresses.filter { $0.object?["verified"] == .bool(true) })
    }

    /// Computed fields, once the rest is mapped.
    func complete(_ user: inout UserProfile, profile: JSONObject) throws(ProvidersError) {
        if provider.has(.twitterLegacyImageSize) { user.image = user.image.map(Self.fullSize) }
        if provider.has(.discordDefaultAvatar), profile["avatar"] ?? .null == .null {
            user.image = Self.defaultAvatar(profile)
        }
    }

    /// `_normal` in front of the ending means a small picture.
    static func fullSize(_ url: String) -> String {
        for ending in ["jpg", "png", "gif"] where url.hasSuffix("_normal.\(ending)") {
            return "\(url.dropLast("_normal.\(ending)".count)).\(ending)"
        }
        return url
    }

    /// Discord's picture of who has none: by the discriminator, or by the id where that is `0`.
    static func defaultAvatar(_ profile: JSONObject) -> String? {
        let discriminator = profile["discriminator"]?.mappedText ?? "0"
        let index: UInt64
        if discriminator == "0" {
            guard let id = profile["id"]?.mappedText.flatMap({ UInt64($0) }) else { return nil }
            index = (id >> 22) % 6
        } else {
            guard let number = UInt64(discriminator) else { return nil }
            index = number % 5
        }
        return "https://cdn.discordapp.com/embed/avatars/\(index).png"
    }

    /// Whether the provider says that the address is verified; `nil` where it does not say.
    func isEmailVerified(_ profile: JSONObject, _ claims: JSONObject) -> Bool? {
        // The administrator of any tenant can write any address.
        if provider.has(.microsoftTenantIssuer), provider.isMultiTenant { return false }
        // GitHub shows, and answers with, verified addresses only.
        if provider.has(.githubPrimaryEmail) { return true }
        if provider.has(.discordDefaultAvatar) { return profile["verified"]?.bool }
        switch profile["email_verified"] ?? claims["email_verified"] {
        case .bool(let value): return value
        // Apple has sent it as a text.
        case .string(let text): return text.lowercased() == "true"
        case .integer(let number): return number == 1
        case .null, .number, .array, .object, nil: return nil
        }
    }
}
