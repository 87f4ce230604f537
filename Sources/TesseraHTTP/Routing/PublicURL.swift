public import TesseraCore

/// Where browsers reach the API: an origin and a path, such as `https://example.com` and `/api/auth`.
public struct PublicURL: Sendable, Hashable, CustomStringConvertible {
    public let origin: Origin
    /// Starts with a slash and does not end with one.
    public let basePath: String

    public init(origin: Origin, basePath: String = standardPath) {
        self.origin = origin
        self.basePath = basePath
    }

    /// `/api/auth`
    public static let standardPath = "/api/auth"

    /// Reads a configured URL as NextAuth.js reads `NEXTAUTH_URL` (contract 9.3): `https://` is added where no scheme
    /// is written, a path is the complete API path, no path means `/api/auth`, the query is dropped.
    ///
    /// `nil` when it is no URL.
    public init?(_ text: String) {
        let absolute = text.hasPrefix("http") ? text : "https://\(text)"
        guard let url = WebURL(absolute) else { return nil }
        var path = String(url.rest.prefix { $0 != "?" && $0 != "#" })
        if path.hasSuffix("/") { path.removeLast() }
        self.init(origin: url.origin, basePath: path.isEmpty ? Self.standardPath : path)
    }

    public var description: String { "\(origin)\(basePath)" }

    /// Whether browsers use https, so that cookies may be secure.
    var isSecure: Bool { origin.scheme == .https }
}

/// How the public URL of a request is found (contract 9.3).
public enum URLSource: Sendable, Hashable {
    /// Configured; always counts.
    case configured(PublicURL)
    /// What a trusted proxy says: `X-Forwarded-Host`, or `Host`, and `X-Forwarded-Proto`, which counts as https unless
    /// it is `http`.
    case forwarded(basePath: String)

    /// `http://localhost:3000`, the default of NextAuth.js.
    public static let localhost = URLSource.configured(
        PublicURL(origin: Origin(localhostPort: 3000), basePath: PublicURL.standardPath))

    /// The path that the API is under.
    var basePath: String {
        switch self {
        case .configured(let url): url.basePath
        case .forwarded(let basePath): basePath
        }
    }
}

extension Origin {
    /// `http://localhost` with a port.
    public init(localhostPort port: UInt16) {
        guard let origin = Origin(scheme: .http, authority: "localhost:\(max(port, 1))") else {
            preconditionFailure("localhost with a port is an origin")
        }
        self = origin
    }
}
