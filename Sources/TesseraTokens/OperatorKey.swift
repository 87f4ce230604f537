import JOSE

/// The operator's key: whoever sends it may end anybody's sessions. Prints as its kind.
package struct OperatorKey: Sendable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    private let bytes: SecretBytes

    /// At least 16 bytes; `nil` for less, which could be guessed.
    package init?(_ text: String) {
        guard text.utf8.count >= 16 else { return nil }
        bytes = SecretBytes(Array(text.utf8))
    }

    /// Whether the value of an `Authorization` header carries this key (RFC 6750, section 2.1). In constant time.
    package func opens(_ authorization: String?) -> Bool {
        guard let authorization else { return false }
        let parts = authorization.split(separator: " ", maxSplits: 1)
        guard parts.count == 2, parts[0].lowercased() == "bearer" else { return false }
        return bytes == SecretBytes(Array(parts[1].utf8))
    }

    package var description: String { "operator key" }
    package var debugDescription: String { "operator key" }
    package var customMirror: Mirror { Mirror(self, children: []) }
}
