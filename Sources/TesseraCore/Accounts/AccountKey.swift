/// Names an account: a provider, and the user's name there. Two users never have the same one.
public struct AccountKey: Sendable, Hashable, CustomStringConvertible {
    /// The provider's id as configured.
    public let provider: String
    /// The user's name at the provider, such as the `sub` of its ID tokens.
    public let providerAccountID: String

    /// `nil` when one of them is empty, longer than 1024 bytes, or contains control characters.
    public init?(provider: String, providerAccountID: String) {
        guard Self.isName(provider), Self.isName(providerAccountID) else { return nil }
        self.provider = provider
        self.providerAccountID = providerAccountID
    }

    private static func isName(_ text: String) -> Bool {
        (1...1024).contains(text.utf8.count)
            && !text.unicodeScalars.contains { $0.value < 0x20 || (0x7F...0x9F).contains($0.value) }
    }

    public var description: String { "\(provider)/\(providerAccountID)" }

    /// Byte by byte, as stores compare: names that only look alike are different people.
    public static func == (left: AccountKey, right: AccountKey) -> Bool {
        left.provider.utf8.elementsEqual(right.provider.utf8)
            && left.providerAccountID.utf8.elementsEqual(right.providerAccountID.utf8)
    }

    public func hash(into hasher: inout Hasher) {
        for text in [provider, providerAccountID] {
            hasher.combine(text.utf8.count)
            for byte in text.utf8 { hasher.combine(byte) }
        }
    }
}
