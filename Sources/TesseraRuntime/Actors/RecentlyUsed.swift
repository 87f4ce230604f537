/// A bounded dictionary that lets go of what has not been used for long.
///
/// Two generations: when the young entries fill their half, the old ones are let go and the young become old. What is
/// used moves to the young. So finding and evicting take constant time, and the last `limit / 2` that were used are
/// always there.
struct RecentlyUsed<Key: Hashable & Sendable, Value: Sendable>: Sendable {
    private var young: [Key: Value] = [:]
    private var old: [Key: Value] = [:]
    private let half: Int

    /// - Parameter limit: how many entries are kept at most; 2 at least.
    init(limit: Int) { half = max(1, limit / 2) }

    var count: Int { young.count + old.count }

    /// The value of a key, which counts as a use; made when there is none.
    mutating func value(_ key: Key, orMake make: () -> Value) -> Value {
        if let value = self[key] { return value }
        let value = make()
        insert(value, key)
        return value
    }

    /// The value of a key, which counts as a use.
    subscript(key: Key) -> Value? {
        mutating get {
            if let value = young[key] { return value }
            guard let value = old[key] else { return nil }
            insert(value, key)
            return value
        }
    }

    /// The value of a key, which does not count as a use.
    func peek(_ key: Key) -> Value? { young[key] ?? old[key] }

    mutating func insert(_ value: Value, _ key: Key) {
        if young[key] == nil {
            old.removeValue(forKey: key)
            if young.count >= half {
                old = young
                young = [:]
            }
        }
        young[key] = value
    }

    mutating func remove(_ key: Key) {
        young.removeValue(forKey: key)
        old.removeValue(forKey: key)
    }

    mutating func removeAll() {
        young = [:]
        old = [:]
    }
}
