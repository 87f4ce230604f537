/// Names a session: the `sid` claim, 128 random bits, as text 22 characters of base64url (RFC 4648, section 5).
///
/// It is a name, not a secret: knowing it does not let anybody in.
public struct SessionID: Sendable, Hashable, Comparable, CustomStringConvertible {
    let high: UInt64
    let low: UInt64

    public init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    /// The first 16 of these bytes; `nil` when there are fewer.
    public init?(bytes: some Collection<UInt8>) {
        guard bytes.count >= 16 else { return nil }
        var words: (UInt64, UInt64) = (0, 0)
        for byte in bytes.prefix(8) { words.0 = words.0 << 8 | UInt64(byte) }
        for byte in bytes.dropFirst(8).prefix(8) { words.1 = words.1 << 8 | UInt64(byte) }
        self.init(high: words.0, low: words.1)
    }

    /// Reads the 22 characters; `nil` for anything else, unused bits included.
    ///
    /// Takes a `String` alone: of any text, it would cost ten times as much, on every request.
    public init?(_ text: String) { self.init(characters: text.utf8) }

    /// The same of the characters' bytes.
    package init?(_ bytes: ArraySlice<UInt8>) { self.init(characters: bytes) }

    private init?(characters: some Sequence<UInt8>) {
        var bits: (high: UInt64, low: UInt64) = (0, 0)
        var count = 0
        for byte in characters {
            guard let digit = Self.digit(byte), count < 22 else { return nil }
            count += 1
            // The last character carries two bits only.
            if count == 22 {
                guard digit & 0b1111 == 0 else { return nil }
                bits = (bits.high << 2 | bits.low >> 62, bits.low << 2 | digit >> 4)
            } else {
                bits = (bits.high << 6 | bits.low >> 58, bits.low << 6 | digit)
            }
        }
        guard count == 22 else { return nil }
        self.init(high: bits.high, low: bits.low)
    }

    /// The 16 bytes.
    public var bytes: [UInt8] {
        (0..<16).map { UInt8(truncatingIfNeeded: ($0 < 8 ? high : low) >> UInt64(56 - 8 * ($0 % 8))) }
    }

    public var description: String {
        var bits = (high: high, low: low)
        return unsafe String(unsafeUninitializedCapacity: 22) { buffer in
            for index in 0..<22 {
                unsafe buffer[index] = Self.character(UInt8(bits.high >> 58))
                bits = (bits.high << 6 | bits.low >> 58, bits.low << 6)
            }
            return 22
        }
    }

    /// The first bits, at most 63, as a number.
    func leadingBits(_ count: Int) -> UInt64 { count == 0 ? 0 : high >> UInt64(64 - count) }

    /// The same with other first bits, at most 63.
    func replacingLeadingBits(_ count: Int, by number: UInt64) -> SessionID {
        guard count > 0 else { return self }
        let shift = UInt64(64 - count)
        return SessionID(high: number << shift | high & (1 << shift - 1), low: low)
    }

    public static func < (left: SessionID, right: SessionID) -> Bool {
        (left.high, left.low) < (right.high, right.low)
    }

    private static func digit(_ character: UInt8) -> UInt64? {
        switch character {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"): UInt64(character - UInt8(ascii: "A"))
        case UInt8(ascii: "a")...UInt8(ascii: "z"): UInt64(character - UInt8(ascii: "a")) + 26
        case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt64(character - UInt8(ascii: "0")) + 52
        case UInt8(ascii: "-"): 62
        case UInt8(ascii: "_"): 63
        default: nil
        }
    }

    private static func character(_ digit: UInt8) -> UInt8 {
        switch digit {
        case 0..<26: UInt8(ascii: "A") + digit
        case 26..<52: UInt8(ascii: "a") + digit - 26
        case 52..<62: UInt8(ascii: "0") + digit - 52
        case 62: UInt8(ascii: "-")
        default: UInt8(ascii: "_")
        }
    }
}
