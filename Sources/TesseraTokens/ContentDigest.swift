import JOSE

/// Digests of content that is public.
package enum ContentDigest {
    /// SHA-256 in base64 with padding (RFC 4648, section 4), as a Content-Security-Policy names it.
    package static func sha256Base64(_ text: String) throws -> String {
        let digest = Base64URL.encode(try SHA256.hash(text))
        return String(digest.map { $0 == "-" ? "+" : $0 == "_" ? "/" : $0 }) + "="
    }
}
