import JOSE

/// Digests without a key: of content that is public, or that needs no more than to be found again.
package enum ContentDigest {
    /// 16 bytes that name some texts in their order.
    package static func name(of texts: [String]) throws -> [UInt8] {
        // Each behind its length, so that no two lists of texts look alike.
        let text = texts.map { "\($0.utf8.count):\($0)" }.joined()
        return Array(try SHA256.hash(text).prefix(16))
    }

    /// SHA-256 in base64 with padding (RFC 4648, section 4), as a Content-Security-Policy names it.
    package static func sha256Base64(_ text: String) throws -> String {
        let digest = Base64URL.encode(try SHA256.hash(text))
        return String(digest.map { $0 == "-" ? "+" : $0 == "_" ? "/" : $0 }) + "="
    }
}
