public import JSON

/// A user as a provider, or the application's `authorize`, describes him.
public struct UserProfile: Sendable, Equatable {
    /// Names the user for good: the `sub` of his tokens. 1 to 256 bytes without control characters.
    public var id: String
    public var name: String?
    public var email: String?
    /// The address of a picture; the `picture` claim.
    public var image: String?
    /// Whatever else the application knows of him; reaches the callbacks, not the token.
    public var attributes: JSONObject

    public init(
        id: String, name: String? = nil, email: String? = nil, image: String? = nil,
        attributes: JSONObject = JSONObject()
    ) {
        self.id = id
        self.name = name
        self.email = email
        self.image = image
        self.attributes = attributes
    }

    /// The claims of a new token: `name`, `email`, `picture`, `sub`; those that are unknown are left out
    /// (contract 4.6).
    package var claims: JSONObject {
        var claims = JSONObject()
        claims["name"] = name.map(JSONValue.string)
        claims["email"] = email.map(JSONValue.string)
        claims["picture"] = image.map(JSONValue.string)
        claims["sub"] = .string(id)
        return claims
    }
}

/// One way in for a user.
public struct Account: Sendable, Equatable {
    public var provider: String
    public var type: ProviderType
    public var providerAccountID: String
    /// What else the provider's token response contained.
    public var tokens: JSONObject

    public init(provider: String, type: ProviderType, providerAccountID: String, tokens: JSONObject = JSONObject()) {
        self.provider = provider
        self.type = type
        self.providerAccountID = providerAccountID
        self.tokens = tokens
    }
}

/// The kinds of provider; the raw values stand in `GET providers`.
public enum ProviderType: String, Sendable, Hashable, CaseIterable {
    case oauth
    case email
    case credentials
}
