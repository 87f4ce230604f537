/// What may stand in `href` or `action`: an http or https URL, or a reference within this origin. Anything else,
/// `javascript:` and `data:` above all, becomes `#`.
enum LinkTarget {
    /// The URL, or `#`. Escaping for HTML comes on top, when the page is rendered.
    static func safe(_ url: String) -> String {
        isSafe(url) ? url : "#"
    }

    /// Browsers drop tabs and line ends inside a URL, spaces and control characters around it, and read `\` as `/`,
    /// so a URL that contains any of these is not the one that we would be looking at.
    private static func isSafe(_ url: String) -> Bool {
        guard !url.isEmpty, !containsIgnoredCharacters(url) else { return false }
        let bytes = Array(url.utf8)
        let end = bytes.firstIndex { "/?#".utf8.contains($0) } ?? bytes.endIndex
        guard let colon = bytes[..<end].firstIndex(of: UInt8(ascii: ":")) else {
            // `//host` would leave this origin with a scheme that we did not see.
            return !bytes.starts(with: "//".utf8)
        }
        let scheme = String(decoding: bytes[..<colon], as: UTF8.self).lowercased()
        return (scheme == "http" || scheme == "https") && bytes[colon...].dropFirst().starts(with: "//".utf8)
    }

    static func containsIgnoredCharacters(_ url: String) -> Bool {
        url.utf8.contains { $0 <= 0x20 || $0 == 0x7f || $0 == UInt8(ascii: "\\") }
    }
}
