import Mustache

/// Escapes text for HTML, element content and quoted attributes alike.
///
/// In place of swift-mustache's own escaping, which goes by grapheme cluster: there a quotation mark that is
/// followed by a combining character is one cluster, equals no entry of its table, and would end an attribute
/// unescaped. A browser goes by code point, so this does too.
struct MarkupContentType: MustacheContentType {
    /// What the first line of every template names.
    static let name = "MARKUP"
    /// That line.
    static let pragma = "{{% CONTENT_TYPE: \(name)}}"

    func escapeText(_ text: String) -> String {
        var escaped = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            switch scalar {
            case "&": escaped.append(contentsOf: "&amp;".unicodeScalars)
            case "<": escaped.append(contentsOf: "&lt;".unicodeScalars)
            case ">": escaped.append(contentsOf: "&gt;".unicodeScalars)
            case "\"": escaped.append(contentsOf: "&quot;".unicodeScalars)
            case "'": escaped.append(contentsOf: "&#39;".unicodeScalars)
            default: escaped.append(Self.isControl(scalar) ? "\u{fffd}" : scalar)
            }
        }
        return String(escaped)
    }

    /// Control characters other than tab and line ends, which HTML does not allow in text.
    private static func isControl(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x09, 0x0a, 0x0d: false
        case 0x00...0x1f, 0x7f...0x9f: true
        default: false
        }
    }
}
