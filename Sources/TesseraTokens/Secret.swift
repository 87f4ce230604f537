import JOSE

/// A secret of the deployment, as text: its UTF-8 is used as it is, never decoded (contract 3.1).
///
/// Prints as its kind.
public struct Secret: Sendable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    let bytes: SecretBytes

    /// `nil` for an empty text.
    public init?(_ text: String) {
        guard !text.isEmpty else { return nil }
        bytes = SecretBytes(Array(text.utf8))
    }

    /// A new secret: 32 random bytes in base64url, 43 characters.
    public static func makeText(random: RandomBytes = .system) -> String { Base64URL.encode(random.bytes(32)) }

    /// Fewer bytes than this can be guessed.
    public static let recommendedLength = 32

    /// Whether it is shorter than recommended.
    public var isShort: Bool { bytes.count < Self.recommendedLength }

    public var description: String { "secret" }
    public var debugDescription: String { "secret" }
    public var customMirror: Mirror { Mirror(self, children: []) }
}
