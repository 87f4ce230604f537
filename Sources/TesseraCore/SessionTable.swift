/// What a blocklist knows of sessions, by their names.
///
/// There may be millions, so this is one array of 32 bytes a place, with open addressing: a name that is not at the place
/// that it stands for is at one of the next. (A `Dictionary` doubles its room, and so takes up to twice as much.) At most
/// four places of five are taken, so a search ends soon. Nothing is removed singly, so no place needs to be marked as left.
struct SessionTable: Sendable {
    private struct Place: Sendable {
        var id = SessionID(high: 0, low: 0)
        var expires = Timestamp(milliseconds: 0)
        var below: UInt32 = 0
        /// `nil` where the place is free.
        var reason: EndReason?

        var entry: BlocklistEntry? {
            reason.map { BlocklistEntry(expires: expires, below: below, reason: $0) }
        }
    }

    private var places: [Place] = []
    private(set) var count = 0

    subscript(id: SessionID) -> BlocklistEntry? { count == 0 ? nil : places[index(of: id)].entry }

    /// Where a session is, or would be. There is a free place.
    private func index(of id: SessionID) -> Int {
        var index = Int(id.spread.multipliedFullWidth(by: UInt64(places.count)).high)
        while places[index].reason != nil, places[index].id != id {
            index += 1
            if index == places.count { index = 0 }
        }
        return index
    }

    /// Merges what is known of a session with an entry. Returns whether that said anything new.
    mutating func raise(_ id: SessionID, to entry: BlocklistEntry) -> Bool {
        if let held = self[id] {
            guard !held.covers(entry) else { return false }
            put(held.merged(with: entry), at: index(of: id), of: id)
            return true
        }
        if Self.room(for: count + 1) > places.count { resize(for: count + 1 + count * 3 / 10) }
        put(entry, at: index(of: id), of: id)
        count += 1
        return true
    }

    private mutating func put(_ entry: BlocklistEntry, at index: Int, of id: SessionID) {
        places[index] = Place(id: id, expires: entry.expires, below: entry.below, reason: entry.reason)
    }

    /// Makes room for so many more, where that is a good part of what is there.
    mutating func reserve(_ more: Int) {
        guard more > 64, more > count / 4, Self.room(for: count + more) > places.count else { return }
        resize(for: count + more)
    }

    /// How many places so many sessions need: a quarter more, and one that stays free.
    private static func room(for count: Int) -> Int { count + count / 4 + 1 }

    private mutating func resize(for count: Int) {
        let old = places
        places = Array(repeating: Place(), count: max(8, Self.room(for: count)))
        for place in old where place.reason != nil { places[index(of: place.id)] = place }
    }

    /// Removes what has expired. Returns when the next of the others does.
    mutating func trim(at now: Timestamp) -> Timestamp? {
        let kept = places.filter { $0.reason != nil && $0.expires > now }
        if kept.count < count {
            count = kept.count
            places = []
            if !kept.isEmpty { resize(for: count) }
            for place in kept { places[index(of: place.id)] = place }
        }
        return kept.lazy.map(\.expires).min()
    }

    /// Calls `body` for each session.
    func forEach(_ body: (SessionID, BlocklistEntry) -> Void) {
        for place in places {
            if let entry = place.entry { body(place.id, entry) }
        }
    }
}

extension SessionID {
    /// Bits that are different where names are, spread over the whole number. They need no key: nobody but us makes names.
    fileprivate var spread: UInt64 { (high ^ low) &* 0x9E37_79B9_7F4A_7C15 }
}
