/// How much a reader lets a token ask of him.
package struct JOSELimits: Sendable, Equatable {
    /// Longest token in bytes; 64 KiB unless set, at most 16 MiB.
    package let tokenSize: Int
    /// How many tokens may be inside one another; 2 (signed, then sealed) unless set, at most 8.
    package let nesting: Int
    /// Most iterations of PBES2 (`p2c`); 200,000 unless set, 1,000 to 1,000,000. Each token costs the reader
    /// that many hash values before he knows whether it is genuine.
    package let passwordIterations: Int
    /// How many keys are tried for one token; 16 unless set, at most 256. More candidates are `key_ambiguous`.
    package let candidates: Int

    /// Limits; values outside their ranges are moved to the nearest end.
    package init(
        tokenSize: Int = 1 << 16, nesting: Int = 2, passwordIterations: Int = 200_000, candidates: Int = 16
    ) {
        self.tokenSize = min(max(tokenSize, 1), 1 << 24)
        self.nesting = min(max(nesting, 1), 8)
        self.passwordIterations = min(max(passwordIterations, Self.leastPasswordIterations), 1_000_000)
        self.candidates = min(max(candidates, 1), 256)
    }

    /// RFC 7518, section 4.8.1.2, recommends no fewer.
    static let leastPasswordIterations = 1000
    /// RFC 7518, section 4.8.1.1, asks for 8 bytes or more.
    static let passwordSaltCounts = 8...1024
    /// How deep JSON may nest in a header.
    static let headerNesting = 8
}

/// Which `typ` a reader accepts. Media types compare without regard to case, and `application/` may be
/// left out (RFC 7515, section 4.1.9).
package enum AcceptedTypes: Sendable, Equatable {
    /// Whatever `typ` says.
    case any
    /// `typ` must be there and be one of these.
    case only([String])
    /// `typ` may be absent; if it is there, it must be one of these.
    case absentOr([String])

    func accepts(_ type: String?) -> Bool {
        switch self {
        case .any: true
        case .only(let types): type.map { isOne($0, of: types) } ?? false
        case .absentOr(let types): type.map { isOne($0, of: types) } ?? true
        }
    }

    private func isOne(_ type: String, of types: [String]) -> Bool {
        let name = Self.normalised(type)
        return types.contains { isSame(Self.normalised($0), name) }
    }

    /// The short form, ASCII letters in lower case.
    static func normalised(_ type: String) -> String {
        let name = String(
            decoding: type.utf8.map { (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains($0) ? $0 | 0x20 : $0 },
            as: UTF8.self)
        let prefix = "application/"
        guard name.hasPrefix(prefix), !name.dropFirst(prefix.count).contains("/") else { return name }
        return String(name.dropFirst(prefix.count))
    }
}
