import Hummingbird

/// What a request line names, apart at the first question mark (RFC 9112, section 3.2.1). As it was written: nothing
/// is decoded.
struct RequestTarget: Sendable {
    let path: Substring
    /// What follows the question mark; `nil` where there is none.
    let query: Substring?

    init(_ request: Request) {
        let text = request.head.path ?? "/"
        guard let mark = text.utf8.firstIndex(of: UInt8(ascii: "?")) else {
            path = text[...]
            query = nil
            return
        }
        path = text[..<mark]
        query = text[text.utf8.index(after: mark)...]
    }

    /// What follows a base path; `nil` where the path is neither that nor below it.
    func path(below base: String) -> Substring? {
        let bytes = path.utf8
        guard bytes.starts(with: base.utf8) else { return nil }
        let rest = bytes.dropFirst(base.utf8.count)
        return rest.isEmpty || rest.first == UInt8(ascii: "/") ? Substring(rest) : nil
    }
}
