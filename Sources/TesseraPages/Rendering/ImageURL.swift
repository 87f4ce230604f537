/// The address of an image that a page may show: absolute, http or https, with a plain host, so that its origin can
/// be named in a Content-Security-Policy.
struct ImageURL: Sendable, Equatable {
    /// The URL as configured.
    let text: String
    /// Scheme, host and port: a source expression of CSP level 3, section 2.3.1.
    let origin: String

    init?(_ text: String) {
        guard !LinkTarget.containsIgnoredCharacters(text), let separator = text.firstIndex(of: ":") else { return nil }
        let scheme = text[..<separator].lowercased()
        let rest = text[separator...].dropFirst()
        guard scheme == "http" || scheme == "https", rest.utf8.starts(with: "//".utf8) else { return nil }
        let authority = rest.dropFirst(2).prefix { !"/?#".contains($0) }
        guard let first = authority.utf8.first, first != UInt8(ascii: ":"), authority.utf8.allSatisfy(Self.isPlain)
        else { return nil }
        self.text = text
        origin = "\(scheme)://\(authority)"
    }

    /// Letters, digits, `.`, `-`, and `:` before a port. No user name, no IPv6 address (CSP cannot name one).
    private static func isPlain(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "-"), UInt8(ascii: ":"):
            true
        default:
            false
        }
    }
}
