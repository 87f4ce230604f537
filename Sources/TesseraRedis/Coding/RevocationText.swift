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
}

extension Revocation {
    /// Reads the lines of a page of the blocklist: `<below> <expires> <reason> <subject>`. Skips what is not ours to
    /// end with: a reason of a newer version is an operator's.
    static func list(in page: [UInt8]) throws(StoreError) -> [Revocation] {
        var revocations: [Revocation] = []
        revocations.reserveCapacity(page.count / 48)
        var start = page.startIndex
        while let end = page[start...].firstIndex(of: UInt8(ascii: "\n")) {
            revocations.append(try Revocation(line: page[start..<end]))
            start = end + 1
        }
        return revocations
    }

    private init(line: ArraySlice<UInt8>) throws(StoreError) {
        let parts = line.split(separator: UInt8(ascii: " "), maxSplits: 3, omittingEmptySubsequences: false)
        guard parts.count == 4, let below = UInt32(ascii: parts[0]), let expires = Int64(ascii: parts[1]),
            let reason = EndReason(rawValue: String(decoding: parts[2], as: UTF8.self)),
            let fact = EndedFact(subject: parts[3], below: below)
        else { throw StoreError(.damaged, "the blocklist in Redis has an entry that this version cannot read") }
        self.init(fact: fact, expires: Timestamp(milliseconds: expires), reason: reason)
    }
}

extension EndedFact {
    /// What a subject and a width name; `nil` when it is nothing.
    init?(subject: ArraySlice<UInt8>, below: UInt32) {
        guard let kind = subject.first, let name = String(validating: subject.dropFirst(), as: UTF8.self) else {
            return nil
        }
        switch kind {
        case UInt8(ascii: "t"):
            guard let id = TokenID(name) else { return nil }
            self = .token(id)
        case UInt8(ascii: "s"):
            guard let id = SessionID(name) else { return nil }
            self = below == .max ? .session(id) : .generations(id, below: Generation(below))
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

extension FixedWidthInteger {
    /// Reads decimal digits, with a sign or not.
    init?(ascii bytes: some Sequence<UInt8>) { self.init(String(decoding: Array(bytes), as: UTF8.self)) }
}
