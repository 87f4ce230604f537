import HTTPTypes

/// The cookies of a request, as the browser sent them: of two with the same name the first counts.
///
/// Bounded: what comes after the first 500 is not read. Browsers keep fewer for a site, and a header full of tiny
/// cookies must not cost more than any other.
struct RequestCookies: Sendable {
    private static let limit = 500
    private var cookies: [(name: Substring, value: Substring)] = []

    init(_ headers: HTTPFields) {
        for header in headers[values: .cookie] { add(header) }
    }

    private mutating func add(_ header: String) {
        for pair in header.split(separator: ";") {
            guard cookies.count < Self.limit else { return }
            let bytes = pair.utf8
            guard let equals = bytes.firstIndex(of: UInt8(ascii: "=")) else { continue }
            let name = Self.trimmed(pair[..<equals])
            guard !name.isEmpty, !cookies.contains(where: { $0.name == name }) else { continue }
            cookies.append((name, Self.unquoted(Self.trimmed(pair[bytes.index(after: equals)...]))))
        }
    }

    /// The decoded value of a cookie; as it was sent where it cannot be decoded.
    subscript(name: String) -> String? {
        guard let cookie = cookies.first(where: { $0.name == name }) else { return nil }
        return PercentEncoding.decode(cookie.value) ?? String(cookie.value)
    }

    /// The names of all cookies whose name starts with a text.
    func names(startingWith prefix: String) -> [String] {
        cookies.filter { $0.name.utf8.starts(with: prefix.utf8) }.map { String($0.name) }
    }

    private static func trimmed(_ text: Substring) -> Substring {
        var text = text
        while let first = text.utf8.first, first == 0x20 || first == 0x09 { text = text.dropFirst() }
        while let last = text.utf8.last, last == 0x20 || last == 0x09 { text = text.dropLast() }
        return text
    }

    private static func unquoted(_ text: Substring) -> Substring {
        guard text.utf8.count >= 2, text.utf8.first == 0x22, text.utf8.last == 0x22 else { return text }
        return text.dropFirst().dropLast()
    }
}
