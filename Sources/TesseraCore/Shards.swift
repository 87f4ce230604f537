/// How a deployment's users are spread over shards, each of which a store can change in one atomic step.
///
/// A user belongs to a shard by his name. A session belongs to its user's shard, and says so itself: the first bits of
/// its identifier are the shard's number (`place`), so that a session, and every fact about one, is found without
/// knowing its user. The other bits, 116 at least, stay as random as they were.
///
/// Where a user belongs is written into stores for good: neither the hash nor the number of shards can be changed.
package struct Shards: Sendable, Hashable {
    /// How many there are: a power of two, 4096 at most.
    package let count: Int
    private let bits: Int

    /// `nil` when the number is not a power of two between 1 and 4096.
    package init?(count: Int) {
        guard (1...4096).contains(count), count.nonzeroBitCount == 1 else { return nil }
        self.count = count
        bits = count.trailingZeroBitCount
    }

    private init() {
        count = 1
        bits = 0
    }

    /// A store that is in one piece.
    package static let single = Shards()

    /// The numbers of the shards.
    package var all: Range<Int> { 0..<count }

    /// The shard that a user belongs to.
    package func shard(of user: UserID) -> Int { shard(of: user.text) }

    /// The shard that a session belongs to.
    package func shard(of session: SessionID) -> Int { Int(truncatingIfNeeded: session.leadingBits(bits)) }

    /// The shard that keeps a fact; `nil` for a fact about everybody, which every shard keeps.
    package func shard(of fact: EndedFact) -> Int? {
        switch fact {
        case .token(let id): shard(of: id.text)
        case .session(let id), .generations(let id, below: _): shard(of: id)
        case .user(let user, below: _): shard(of: user)
        case .everybody: nil
        }
    }

    /// The identifier with the shard of its user in place of its first bits. Placing again changes nothing.
    package func place(_ session: SessionID, of user: UserID) -> SessionID {
        session.replacingLeadingBits(bits, by: UInt64(shard(of: user)))
    }

    /// FNV-1a (64 bits), then a mix of its bits, of which the highest count.
    private func shard(of name: String) -> Int {
        guard bits > 0 else { return 0 }
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        for byte in name.utf8 { hash = (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01b3 }
        hash = (hash ^ hash >> 32) &* 0x9e37_79b9_7f4a_7c15
        return Int(truncatingIfNeeded: hash >> UInt64(64 - bits))
    }
}
