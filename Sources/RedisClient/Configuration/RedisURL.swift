/// Reads the URLs that name servers:
///
///     redis://[[USER]:PASSWORD@]HOST[:PORT][/DATABASE][?SETTING=VALUE&…]            plain text; rediss:// with TLS
///     unix://[[USER]:PASSWORD@]/PATH/OF/SOCKET[?database=N&…]
///     redis+sentinel://[[USER]:PASSWORD@]HOST[:PORT],HOST[:PORT]…/NAME[/DATABASE]   rediss+sentinel:// with TLS
///     redis+cluster://[[USER]:PASSWORD@]HOST[:PORT],HOST[:PORT]…                    rediss+cluster:// with TLS
///
/// User, password, path and values are percent-encoded where needed. A setting that is not known is refused.
struct RedisURL {
    let scheme: String
    let credentials: RedisCredentials?
    /// What stands between the credentials and the path.
    let authority: Substring
    /// Without the leading slash, but for Unix sockets.
    let path: Substring
    let settings: [(name: String, value: String)]

    init(_ text: String) throws(RedisError) {
        guard let mark = text.firstRange(of: "://"), !text.contains("#") else { throw Self.invalid("not a URL") }
        scheme = text[..<mark.lowerBound].lowercased()
        var rest = text[mark.upperBound...]
        var query: Substring = ""
        if let start = rest.firstIndex(of: "?") {
            query = rest[rest.index(after: start)...]
            rest = rest[..<start]
        }
        // The last @ before the path: one in a password is percent-encoded, but a forgotten one must not move the host.
        let authorityEnd = rest.firstIndex(of: "/") ?? rest.endIndex
        if let at = rest[..<authorityEnd].lastIndex(of: "@") {
            credentials = try Self.credentials(rest[..<at])
            authority = rest[rest.index(after: at)..<authorityEnd]
        } else {
            credentials = nil
            authority = rest[..<authorityEnd]
        }
        path = rest[authorityEnd...]
        settings = try Self.settings(query)
    }

    static func invalid(_ message: String) -> RedisError {
        RedisError(.configurationInvalid, "the URL of the Redis server: \(message)")
    }

    private static func credentials(_ text: Substring) throws(RedisError) -> RedisCredentials? {
        guard let colon = text.firstIndex(of: ":") else { throw invalid("a user without a password") }
        let user = try decode(text[..<colon])
        let password = try decode(text[text.index(after: colon)...])
        return RedisCredentials(user: user.isEmpty ? nil : user, password: password)
    }

    private static func settings(_ query: Substring) throws(RedisError) -> [(name: String, value: String)] {
        var settings: [(name: String, value: String)] = []
        for part in query.split(separator: "&") {
            guard let mark = part.firstIndex(of: "=") else { throw invalid("a setting without a value") }
            let name = try decode(part[..<mark])
            guard !settings.contains(where: { $0.name == name }) else { throw invalid("a setting given twice") }
            settings.append((name, try decode(part[part.index(after: mark)...])))
        }
        return settings
    }

    /// Undoes percent-encoding.
    static func decode(_ text: Substring) throws(RedisError) -> String {
        var bytes: [UInt8] = []
        var rest = text.utf8[...]
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "%") else {
                bytes.append(byte)
                continue
            }
            guard let digits = String(rest.prefix(2)), digits.utf8.count == 2, let value = UInt8(digits, radix: 16)
            else { throw invalid("a percent sign that encodes nothing") }
            bytes.append(value)
            rest = rest.dropFirst(2)
        }
        guard let decoded = String(validating: bytes, as: UTF8.self) else { throw invalid("not UTF-8") }
        return decoded
    }

    /// The hosts of the authority.
    func addresses(defaultPort: Int) throws(RedisError) -> [RedisAddress] {
        var addresses: [RedisAddress] = []
        for part in authority.split(separator: ",", omittingEmptySubsequences: false) {
            addresses.append(try Self.address(part, defaultPort: defaultPort))
        }
        return addresses
    }

    private static func address(_ text: Substring, defaultPort: Int) throws(RedisError) -> RedisAddress {
        var (host, port) = (text, Substring())
        if text.hasPrefix("[") {
            guard let end = text.firstIndex(of: "]") else { throw invalid("an address without its end") }
            host = text[text.index(after: text.startIndex)..<end]
            port = text[text.index(after: end)...]
        } else if let colon = text.firstIndex(of: ":") {
            host = text[..<colon]
            port = text[colon...]
        }
        guard !host.isEmpty else { throw invalid("no host") }
        if port.isEmpty { return .host(try decode(host), port: defaultPort) }
        guard port.first == ":", let number = UInt16(port.dropFirst()), number > 0 else { throw invalid("no port") }
        return .host(try decode(host), port: Int(number))
    }
}
