import TesseraCore

/// The session token in its cookie, or in several where it is long (contract 2.4).
struct SessionCookie: Sendable {
    /// How much of a token one cookie carries: 4096 less what name and attributes are assumed to take.
    static let chunkSize = 3933
    /// More than this many chunks are never read: 100 of them would be more than any header may hold.
    private static let chunkLimit = 100

    let cookie: CookieSettings.Cookie

    /// The token that a request carries: the chunks from 0 on if they are there without gap, otherwise the plain
    /// cookie. Other cookies that merely begin with the name are no part of it.
    func read(_ cookies: RequestCookies) -> String? {
        guard let first = cookies[chunk(0)] else { return cookies[cookie.name] }
        var token = first
        var index = 1
        while index < Self.chunkLimit, let next = cookies[chunk(index)] {
            token += next
            index += 1
        }
        return token
    }

    /// What puts a token into a browser that sent `cookies`: the new cookies, and deletions of those that are left
    /// over from a token of another length. An empty token is none: deletions only.
    func write(_ token: String, expires: Timestamp, replacing cookies: RequestCookies) -> [SetCookie] {
        var written: [SetCookie] = []
        if token.isEmpty {
            return clear(cookies)
        } else if token.utf8.count <= Self.chunkSize {
            written = [SetCookie(cookie, value: token, expires: expires)]
        } else {
            var rest = Substring(token)
            while !rest.isEmpty {
                let part = rest.prefix(Self.chunkSize)
                rest = rest.dropFirst(part.count)
                written.append(SetCookie(cookie, name: chunk(written.count), value: String(part), expires: expires))
            }
        }
        let names = Set(written.map(\.name))
        return written + clear(cookies).filter { !names.contains($0.name) }
    }

    /// Deletions of every part of a session cookie that the browser sent.
    func clear(_ cookies: RequestCookies) -> [SetCookie] {
        cookies.names(startingWith: cookie.name).filter(isPart).map { SetCookie(deleting: cookie, name: $0) }
    }

    private func chunk(_ index: Int) -> String { "\(cookie.name).\(index)" }

    /// Whether a name is the cookie's own, or one of a chunk: the name, a dot, digits.
    private func isPart(_ name: String) -> Bool {
        let rest = name.utf8.dropFirst(cookie.name.utf8.count)
        guard let dot = rest.first else { return true }
        let digits = rest.dropFirst()
        return dot == UInt8(ascii: ".") && !digits.isEmpty && digits.allSatisfy { (0x30...0x39).contains($0) }
    }
}
