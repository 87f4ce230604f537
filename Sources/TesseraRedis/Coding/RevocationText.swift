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
    /// the names in it, and that of a session nothing.
    ///
    /// Throws where a line is none of ours, or of a version that knows more: what it ends must not be left out.
    static func list(in lines: ArraySlice<UInt8>) throws(StoreError) -> [Revocation] {
        var revocations: [Revocation] = []
        revocations.reserveCapacity(lines.count / 48)
        var reader = LineReader(lines)
        while let revocation = try reader.next() { revocations.append(revocation) }
        return revocations
    }
}

/// Reads one line after the other, from the bytes as they came.
private struct LineReader {
    private let bytes: ArraySlice<UInt8>
    private var position: Int
    /// The reason of the line before, which most often is that of the next one, too.
    private var lastReason: (text: ArraySlice<UInt8>, reason: EndReason)?

    init(_ bytes: ArraySlice<UInt8>) {
        self.bytes = bytes
        position = bytes.startIndex
    }

    mutating func next() throws(StoreError) -> Revocation? {
        if position == bytes.endIndex { return nil }
        guard let below = number().flatMap({ UInt32(exactly: $0) }), let expires = number(),
            let reason = take(UInt8(ascii: " ")).flatMap({ self.reason($0) }),
            let fact = take(UInt8(ascii: "\n")).flatMap({ EndedFact(subject: $0, below: below) })
        else { throw .unreadableBlocklist }
        return Revocation(fact: fact, expires: Timestamp(milliseconds: expires), reason: reason)
    }

    /// The bytes before the next separator.
    private mutating func take(_ separator: UInt8) -> ArraySlice<UInt8>? {
        var end = position
        while end < bytes.endIndex, bytes[end] != separator { end += 1 }
        guard end < bytes.endIndex else { return nil }
        defer { position = end + 1 }
        return bytes[position..<end]
    }

    /// The number before the next space. Counted below zero, where there is one number more.
    private mutating func number() -> Int64? {
        guard let text = take(UInt8(ascii: " ")) else { return nil }
        let isNegative = text.first == UInt8(ascii: "-")
        let digits = isNegative ? text.dropFirst() : text
        guard !digits.isEmpty else { return nil }
        var value: Int64 = 0
        for digit in digits {
            guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(digit) else { return nil }
            let (tens, isTooMuch) = value.multipliedReportingOverflow(by: 10)
            let (sum, isMore) = tens.subtractingReportingOverflow(Int64(digit - UInt8(ascii: "0")))
            guard !isTooMuch, !isMore else { return nil }
            value = sum
        }
        if isNegative { return value }
        return value == .min ? nil : -value
    }

    private mutating func reason(_ text: ArraySlice<UInt8>) -> EndReason? {
        if let lastReason, lastReason.text == text { return lastReason.reason }
        guard let reason = String(validating: text, as: UTF8.self).flatMap({ EndReason(rawValue: $0) }) else {
            return nil
        }
        lastReason = (text, reason)
        return reason
    }
}

extension EndedFact {
    /// What a subject and a width name; `nil` when it is nothing.
    fileprivate init?(subject: ArraySlice<UInt8>, below: UInt32) {
        guard let kind = subject.first else { return nil }
        let bytes = subject.dropFirst()
        if kind == UInt8(ascii: "s") {
            guard let id = SessionID(bytes) else { return nil }
            self = below == .max ? .session(id) : .generations(id, below: Generation(below))
            return
        }
        guard let name = String(validating: bytes, as: UTF8.self) else { return nil }
        switch kind {
        case UInt8(ascii: "t"):
            guard let id = TokenID(name) else { return nil }
            self = .token(id)
        case UInt8(ascii: "u"):
            guard let user = UserID(name) else { return nil }
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
