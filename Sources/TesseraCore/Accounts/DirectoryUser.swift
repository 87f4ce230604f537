/// A user as the directory keeps him (contract 7.2).
public struct DirectoryUser: Sendable, Equatable {
    /// The `sub` of his tokens; given by us, and never changed.
    public let id: UserID
    public var name: String?
    /// In its normal form. No two users have the same one.
    public var email: String?
    /// When he proved that the address is his, by following a link sent there.
    public var emailVerified: Timestamp?
    /// The address of a picture.
    public var image: String?

    public init(
        id: UserID, name: String? = nil, email: String? = nil, emailVerified: Timestamp? = nil, image: String? = nil
    ) {
        self.id = id
        self.name = name
        self.email = email
        self.emailVerified = emailVerified
        self.image = image
    }
}

/// What changes of a user; what is `nil` stays (contract 7.1, `updateUser`).
package struct UserUpdate: Sendable, Equatable {
    package var name: String?
    package var image: String?
    package var emailVerified: Timestamp?

    package init(name: String? = nil, image: String? = nil, emailVerified: Timestamp? = nil) {
        self.name = name
        self.image = image
        self.emailVerified = emailVerified
    }
}

extension DirectoryUser {
    /// The user after an update.
    package func updated(by update: UserUpdate) -> DirectoryUser {
        var user = self
        user.name = update.name ?? name
        user.image = update.image ?? image
        user.emailVerified = update.emailVerified ?? emailVerified
        return user
    }
}

/// An account that is linked to a user.
package struct LinkedAccount: Sendable, Equatable {
    package let key: AccountKey
    package let user: UserID
    package let linkedAt: Timestamp
    /// The provider's tokens, sealed; empty where it gave none.
    package var tokens: [UInt8]
    /// Counts how often the tokens were written.
    package var version: Int

    package init(key: AccountKey, user: UserID, linkedAt: Timestamp, tokens: [UInt8] = [], version: Int = 1) {
        self.key = key
        self.user = user
        self.linkedAt = linkedAt
        self.tokens = tokens
        self.version = version
    }
}

/// What a sign-in link in an e-mail stands for (contract 7.2). Tied to an address and not to a user.
package struct VerificationToken: Sendable, Hashable {
    /// The address, in its normal form.
    package let identifier: String
    /// The hash of what the link carries; that itself is kept nowhere.
    package let hash: String
    package let expires: Timestamp

    package init(identifier: String, hash: String, expires: Timestamp) {
        self.identifier = identifier
        self.hash = hash
        self.expires = expires
    }
}
