/// Names a user: the application's own text, 1 to 256 bytes of UTF-8 without control characters.
///
/// It is the `sub` claim of the user's tokens.
public struct UserID: Sendable, Hashable, LosslessStringConvertible {
    public let text: String

    /// `nil` when the text is empty, longer than 256 bytes, or contains control characters.
    public init?(_ text: String) {
        guard (1...256).contains(text.utf8.count), !text.unicodeScalars.contains(where: Self.isControl) else {
            return nil
        }
        self.text = text
    }

    private static func isControl(_ scalar: Unicode.Scalar) -> Bool {
        scalar.value < 0x20 || (0x7F...0x9F).contains(scalar.value)
    }

    public var description: String { text }

    /// Byte by byte: `String` takes some texts of different bytes for the same (canonical equivalence), but a store and
    /// a token do not, and two users must never share a record.
    public static func == (left: UserID, right: UserID) -> Bool { left.text.utf8.elementsEqual(right.text.utf8) }

    public func hash(into hasher: inout Hasher) {
        var text = text
        text.withUTF8 { bytes in
            unsafe hasher.combine(bytes: UnsafeRawBufferPointer(bytes))
        }
    }
}

/// Names one token: its `jti` claim (RFC 7519, section 4.1.7), 1 to 128 bytes of printable ASCII.
public struct TokenID: Sendable, Hashable, CustomStringConvertible {
    public let text: String

    /// `nil` when the text is empty, longer than 128 bytes, or not printable ASCII.
    public init?(_ text: String) {
        guard (1...128).contains(text.utf8.count), text.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else {
            return nil
        }
        self.text = text
    }

    public var description: String { text }
}

/// Counts the tokens of a session: 1, 2, 3…; 0 is the NextAuth.js token that an adopted session came from.
public struct Generation: Sendable, Hashable, Comparable, CustomStringConvertible {
    public let number: UInt32

    public init(_ number: UInt32) { self.number = number }

    /// The generation that a rotation makes. Stays at the last one after 4 billion rotations.
    public var next: Generation { Generation(number == .max ? .max : number + 1) }

    /// A session's first own token.
    public static let first = Generation(1)
    /// The NextAuth.js token that a session was adopted from.
    public static let adopted = Generation(0)

    public static func < (left: Generation, right: Generation) -> Bool { left.number < right.number }
    public var description: String { String(number) }
}

/// A counter of a user, or of the deployment; raising it ends every token that carries a lower one.
public struct Epoch: Sendable, Hashable, Comparable, CustomStringConvertible {
    public let number: UInt32

    public init(_ number: UInt32) { self.number = number }

    /// The epoch after this one. Stays at the last one after 4 billion.
    public var next: Epoch { Epoch(number == .max ? .max : number + 1) }

    /// The epoch of a user, or a deployment, that has never been raised.
    public static let initial = Epoch(0)

    public static func < (left: Epoch, right: Epoch) -> Bool { left.number < right.number }
    public var description: String { String(number) }
}
