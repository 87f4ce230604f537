public import TesseraRuntime

/// A mail server and how to talk to it: what an address such as `smtp://user:password@mail.example.com:587` says.
///
/// Prints without its password.
public struct SMTPServer: Sendable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// How a connection is protected.
    public enum Security: Sendable, Hashable {
        /// TLS from the first byte (`smtps://`, port 465; RFC 8314, section 3.3).
        case implicitTLS
        /// STARTTLS, and nothing without it (`smtp://`, port 587; RFC 3207).
        case startTLS
        /// None: only for a server on this machine.
        case none
    }

    public let host: String
    public let port: UInt16
    public let security: Security
    /// `nil` for no AUTH.
    public let user: String?
    let password: String?
    /// A file with the certificates to trust in place of the system's; `nil` for the system's.
    public let certificates: String?

    public var description: String { "\(host):\(port)" }
    public var debugDescription: String { description }
    public var customMirror: Swift.Mirror { Swift.Mirror(self, children: ["server": description]) }

    /// Reads `smtp://` (STARTTLS; none for this machine without user) or `smtps://` (TLS).
    ///
    /// User and password are percent-encoded. A query may say `tls=none`, for this machine only, or `tls=starttls`, and
    /// `ca=FILE`.
    ///
    /// - Throws: `MailError` with what is wrong, without the password.
    public init(_ text: String) throws(MailError) {
        let isImplicit = text.hasPrefix("smtps://")
        guard isImplicit || text.hasPrefix("smtp://") else {
            throw Self.invalid("the server must be an address like smtp://user:password@mail.example.com:587")
        }
        let rest = text.dropFirst(isImplicit ? "smtps://".count : "smtp://".count)
        let parts = rest.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        let query = parts.count > 1 ? parts[1].split(separator: "&") : []
        let authority = parts[0].hasSuffix("/") ? parts[0].dropLast() : parts[0]
        let at = authority.lastIndex(of: "@")
        let place = at.map { authority[authority.index(after: $0)...] } ?? authority
        (user, password) = try Self.credentials(at.map { authority[..<$0] })
        (host, port) = try Self.place(place, standardPort: isImplicit ? 465 : 587)
        let isLocal = ["localhost", "127.0.0.1", "[::1]"].contains(host)
        var security: Security = isImplicit ? .implicitTLS : isLocal && user == nil ? .none : .startTLS
        var certificates: String?
        for pair in query {
            let pair = pair.split(separator: "=", maxSplits: 1).map { Self.decoded($0) }
            switch (pair.first, pair.count > 1 ? pair[1] : nil) {
            case ("tls", "starttls") where !isImplicit: security = .startTLS
            case ("tls", "none") where !isImplicit && isLocal: security = .none
            case ("tls", "none"): throw Self.invalid("without TLS only a server on this machine is used")
            case ("ca", let file?): certificates = file
            default: throw Self.invalid("the server's address may have tls=starttls, tls=none and ca=FILE only")
            }
        }
        self.security = security
        self.certificates = certificates
    }

    private static func credentials(_ text: Substring?) throws(MailError) -> (user: String?, password: String?) {
        guard let text, !text.isEmpty else { return (nil, nil) }
        let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        guard let user = decoded(parts[0]), !user.isEmpty, parts.count == 2, let password = decoded(parts[1]),
            !(user + password).unicodeScalars.contains(where: { $0.value < 0x20 })
        else { throw invalid("user and password of the mail server are not written as user:password") }
        return (user, password)
    }

    private static func place(
        _ text: Substring, standardPort: UInt16
    ) throws(MailError) -> (host: String, port: UInt16) {
        var host = text
        var port = standardPort
        if let colon = text.lastIndex(of: ":"), !text[colon...].contains("]") {
            guard let number = UInt16(text[text.index(after: colon)...]), number > 0 else {
                throw invalid("the port of the mail server is no port")
            }
            port = number
            host = text[..<colon]
        }
        let isBracketed = host.hasPrefix("[") && host.hasSuffix("]")
        let allowed = { (byte: UInt8) in
            switch byte {
            case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, UInt8(ascii: "-"), UInt8(ascii: "."): true
            case UInt8(ascii: ":"), UInt8(ascii: "["), UInt8(ascii: "]"): isBracketed
            default: byte >= 0x80
            }
        }
        guard !host.isEmpty, host.utf8.allSatisfy(allowed) else {
            throw invalid("the mail server's host is no host name")
        }
        return (String(host), port)
    }

    /// Undoes percent-encoding; `nil` where it is broken.
    private static func decoded(_ text: Substring) -> String? {
        var bytes: [UInt8] = []
        var rest = text.utf8
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "%") else {
                bytes.append(byte)
                continue
            }
            guard let value = UInt8(String(Substring(rest.prefix(2))), radix: 16), rest.count >= 2 else { return nil }
            bytes.append(value)
            rest = rest.dropFirst(2)
        }
        return String(validating: bytes, as: UTF8.self)
    }

    private static func invalid(_ message: String) -> MailError { MailError(.invalid, message) }
}
