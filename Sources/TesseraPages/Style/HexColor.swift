/// An opaque sRGB colour, written `#rgb` or `#rrggbb`.
package struct HexColor: Sendable, Hashable, CustomStringConvertible {
    /// The channels, 0 to 255.
    package let red: UInt8
    /// See ``red``.
    package let green: UInt8
    /// See ``red``.
    package let blue: UInt8

    /// Black, `#000000`.
    package static let black = HexColor(red: 0, green: 0, blue: 0)
    /// White, `#ffffff`.
    package static let white = HexColor(red: 255, green: 255, blue: 255)

    /// A colour from its channels.
    package init(red: UInt8, green: UInt8, blue: UInt8) {
        self.red = red
        self.green = green
        self.blue = blue
    }

    /// Reads `#rgb` or `#rrggbb`, letters of either case; nil for anything else, so nothing but a colour
    /// can reach the stylesheet.
    package init?(_ text: String) {
        let bytes = Array(text.utf8)
        guard bytes.first == UInt8(ascii: "#"), bytes.count == 4 || bytes.count == 7 else { return nil }
        var digits: [UInt8] = []
        for byte in bytes.dropFirst() {
            guard let digit = Self.hexDigit(byte) else { return nil }
            digits.append(digit)
        }
        if digits.count == 3 {
            self.init(red: digits[0] * 17, green: digits[1] * 17, blue: digits[2] * 17)
        } else {
            self.init(
                red: digits[0] << 4 | digits[1], green: digits[2] << 4 | digits[3], blue: digits[4] << 4 | digits[5])
        }
    }

    /// The colour as CSS writes it: `#rrggbb`, lower case.
    package var description: String {
        var text = "#"
        for channel in [red, green, blue] {
            text += channel < 16 ? "0" : ""
            text += String(channel, radix: 16)
        }
        return text
    }

    private static func hexDigit(_ byte: UInt8) -> UInt8? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
        default: nil
        }
    }
}
