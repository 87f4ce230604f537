/// One of the parts that users are spread over; a part lives on one primary of the store at a time.
package struct Shard: Sendable, Hashable, Comparable, CustomStringConvertible {
    /// 0 to the number of shards - 1.
    package let number: Int

    package init(_ number: Int) { self.number = number }

    package static func < (left: Shard, right: Shard) -> Bool { left.number < right.number }
    package var description: String { String(number) }
}

/// Which shard a user, or a token, belongs to. The same on every node and in every version, for the store is laid out
/// by it: the FNV-1a hash (64 bits) of the name's bytes, its halves folded, modulo the number of shards.
package struct ShardMap: Sendable, Hashable {
    /// The number of shards.
    package let count: Int

    /// - Parameter count: 1 to 1024.
    package init(count: Int) {
        precondition((1...1024).contains(count), "the number of shards is between 1 and 1024")
        self.count = count
    }

    /// All in one: for a store on one machine.
    package static let single = ShardMap(count: 1)

    /// All shards, in order.
    package var all: [Shard] { (0..<count).map(Shard.init) }

    /// The shard of a user: his record, his sessions, and the revocations of either.
    package func shard(of user: UserID) -> Shard { shard(of: user.text.utf8) }

    /// The shard of the revocation of one token, whose user is not known.
    package func shard(of token: TokenID) -> Shard { shard(of: token.text.utf8) }

    /// The shard of what a store has to keep by the name of a session, where its user is not known.
    package func shard(of session: SessionID) -> Shard { shard(of: session.bytes) }

    private func shard(of bytes: some Sequence<UInt8>) -> Shard {
        guard count > 1 else { return Shard(0) }
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        for byte in bytes { hash = (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01b3 }
        let folded = UInt32(truncatingIfNeeded: hash >> 32) ^ UInt32(truncatingIfNeeded: hash)
        return Shard(Int(folded) % count)
    }
}
