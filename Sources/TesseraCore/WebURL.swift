/// An absolute `http` or `https` URL, read strictly: what a browser would repair or guess is refused.
///
/// So a URL that is acceptable here means the same to every browser: no user information, no back slashes, white
/// space or control characters, no host that only looks like ours (RFC 3986; contract 1.2).
public struct WebURL: Sendable, Hashable {
    public let origin: Origin
    /// Path, query and fragment as they were written; empty or starting with `/`, `?` or `#`.
    public let rest: String

    /// `nil` when the text is no such URL.
    public init?(_ text: String) {
        guard text.utf8.count <= 8192, text.utf8.allSatisfy(Self.isAllowed) else { return nil }
        guard let separator = Self.index(of: "://", in: text) else { return nil }
        guard let scheme = Origin.Scheme(rawValue: text[..<separator].lowercased()) else { return nil }
        let afterScheme = text[text.utf8.index(separator, offsetBy: 3)...]
        let end = afterScheme.utf8.firstIndex {
            [UInt8(ascii: "/"), UInt8(ascii: "?"), UInt8(ascii: "#")].contains($0)
        }
        let authority = afterScheme[..<(end ?? afterScheme.endIndex)]
        guard let origin = Origin(scheme: scheme, authority: authority) else { return nil }
        self.origin = origin
        self.rest = String(afterScheme[(end ?? afterScheme.endIndex)...])
    }

    static func isAllowed(_ byte: UInt8) -> Bool {
        byte > 0x20 && byte != 0x7F && byte != UInt8(ascii: "\\")
    }

    private static func index(of needle: String, in text: String) -> String.Index? {
        guard let colon = text.utf8.firstIndex(of: UInt8(ascii: ":")) else { return nil }
        return text[colon...].utf8.starts(with: needle.utf8) ? colon : nil
    }
}

/// Scheme, host and port (RFC 6454).
public struct Origin: Sendable, Hashable, CustomStringConvertible {
    public enum Scheme: String, Sendable, Hashable {
        case http
        case https

        var defaultPort: UInt16 {
            switch self {
            case .http: 80
            case .https: 443
            }
        }
    }

    public let scheme: Scheme
    /// In lower case; an IPv6 address with its brackets.
    public let host: String
    /// `nil` for the scheme's own.
    public let port: UInt16?
    /// `https://example.com`, with the port only where it is not the scheme's own.
    public let description: String

    /// Reads `host` or `host:port`; `nil` when it is neither.
    public init?(scheme: Scheme, authority: some StringProtocol) {
        // First of all: some other letters have ASCII letters as their lower case.
        guard authority.utf8.allSatisfy({ $0 < 0x80 }) else { return nil }
        let text = String(authority).lowercased()
        var host = Substring(text)
        var port: UInt16?
        if let colon = text.lastIndex(of: ":"), !text[colon...].contains("]") {
            host = text[..<colon]
            let digits = text[text.index(after: colon)...]
            if !digits.isEmpty {
                guard digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let number = UInt16(digits), number > 0
                else { return nil }
                port = number
            }
        }
        guard Self.isHost(host) else { return nil }
        self.scheme = scheme
        self.host = String(host)
        self.port = port == scheme.defaultPort ? nil : port
        description = "\(scheme.rawValue)://\(host)\(self.port.map { ":\($0)" } ?? "")"
    }

    private static func isHost(_ host: Substring) -> Bool {
        guard (1...253).contains(host.utf8.count) else { return false }
        if host.hasPrefix("[") {
            return host.hasSuffix("]") && NetworkPrefix.groups(host.dropFirst().dropLast()) != nil
        }
        return host.utf8.allSatisfy {
            (0x61...0x7A).contains($0) || (0x30...0x39).contains($0) || [0x2D, 0x2E, 0x5F].contains($0)
        }
    }

}
