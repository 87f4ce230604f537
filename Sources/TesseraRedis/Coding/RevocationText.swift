import RESP
import TesseraCore
import TesseraRuntime

/// A revocation as the blocklist in Redis has it: a subject, and below what, until when and why it is ended.
///
/// A subject is `s` and a session, `u` and a user, `t` and a token's id, or `e` for everybody. Of two revocations with
/// the same subject one entry is made.
struct RevocationText: Sendable, Hashable {
    let subject: String
    let below: UInt32
    let expires: Int64
    let reason: String

    /// Below every generation there is: the whole session.
    private static let everyGeneration = UInt32.max

    init(_ revocation: Revocation) {
        expires = revocation.expires.milliseconds
        reason = revocation.reason.rawValue
        switch revocation.fact {
        case .token(let id): (subject, below) = ("t\(id)", 0)
        case .session(let id): (subject, below) = ("s\(id)", Self.everyGeneration)
        case .generations(let id, let generation): (subject, below) = ("s\(id)", generation.number)
        case .user(let user, let epoch): (subject, below) = ("u\(user)", epoch.number)
        case .everybody(let epoch): (subject, below) = ("e", epoch.number)
        }
    }

    /// As the scripts take it.
    var arguments: [RedisArgument] {
        [.string(subject), .integer(Int64(below)), .integer(expires), .string(reason)]
    }

    /// As it stands in a message, and in a page of the blocklist.
    var line: String { "\(below) \(expires) \(reason) \(subject)\n" }
}

extension Revocation {
    /// Reads lines: `<below> <expires> <reason> <subject>`. A blocklist may have millions, so each costs no more than
    /// the names in it.
    ///
    /// Throws where a line is none of ours, or of a version that knows more: what it ends must not be left out.
    static func list(in lines: some Collection<UInt8>) throws(StoreError) -> [Revocation] {
        guard let text = String(validating: lines, as: UTF8.self) else { throw .unreadableBlocklist }
        var revocations: [Revocation] = []
        revocations.reserveCapacity(text.utf8.count / 48)
        var reader = LineReader(text)
        while let revocation = try reader.next() { revocations.append(revocation) }
        return revocations
    }
}

/// Reads one line after the other.
private struct LineReader {
    private var rest: Substring
    /// The reason of the line before, which most often is that of the next one, too.
    private var lastReason: (text: Substring, reason: EndReason)?

    init(_ text: String) { rest = text[...] }

    mutating func next() throws(StoreError) -> Revocation? {
        if rest.isEmpty { return nil }
        guard let below = take(UInt8(ascii: " ")).flatMap({ UInt32($0) }),
            let expires = take(UInt8(ascii: " ")).flatMap({ Int64($0) }),
            let reason = take(UInt8(ascii: " ")).flatMap({ self.reason($0) }),
            let fact = take(UInt8(ascii: "\n")).flatMap({ EndedFact(subject: $0, below: below) })
        else { throw .unreadableBlocklist }
        return Revocation(fact: fact, expires: Timestamp(milliseconds: expires), reason: reason)
    }

    /// The text before the next separator.
    private mutating func take(_ separator: UInt8) -> Substring? {
        guard let end = rest.utf8.firstIndex(of: separator) else { return nil }
        defer { rest = rest[rest.utf8.index(after: end)...] }
        return rest[..<end]
    }

    private mutating func reason(_ text: Substring) -> EndReason? {
        if let lastReason, lastReason.text == text { return lastReason.reason }
        guard let reason = EndReason(rawValue: String(text)) else { return nil }
        lastReason = (text, reason)
        return reason
    }
}

extension EndedFact {
    /// What a subject and a width name; `nil` when it is nothing.
    fileprivate init?(subject: Substring, below: UInt32) {
        guard let kind = subject.utf8.first else { return nil }
        let name = subject[subject.utf8.index(after: subject.startIndex)...]
        switch kind {
        case UInt8(ascii: "t"):
            guard let id = TokenID(String(name)) else { return nil }
            self = .token(id)
        case UInt8(ascii: "s"):
            guard let id = SessionID(String(name)) else { return nil }
            self = below == .max ? .session(id) : .generations(id, below: Generation(below))
        case UInt8(ascii: "u"):
            guard let user = UserID(String(name)) else { return nil }
            self = .user(user, below: Epoch(below))
        case UInt8(ascii: "e"):
            guard name.isEmpty else { return nil }
            self = .everybody(below: Epoch(below))
        default: return nil
        }
    }
}

extension StoreError {
    fileprivate static let unreadableBlocklist = StoreError(
        .damaged, "the blocklist in Redis has an entry that this version of Tessera cannot read; update this node")
}
