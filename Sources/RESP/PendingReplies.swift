/// What a connection's server still has to answer, oldest first.
struct PendingReplies: Sendable {
    struct Entry: Sendable, Hashable {
        /// How many replies are still to come: a batch has several.
        var missing: Int
        /// Nobody waits for it any more: its caller was cancelled, or told that it takes too long.
        var isAbandoned = false
        let submitted: MonotonicTime
        let deadline: MonotonicTime
        /// How long the server may be silent while this is the next to be answered.
        let allowance: Duration
    }

    // What is before `head` has been answered.
    private var storage: [Entry] = []
    private var head = 0

    var count: Int { storage.count - head }
    var isEmpty: Bool { head == storage.count }

    var first: Entry? { isEmpty ? nil : storage[head] }

    subscript(_ index: Int) -> Entry {
        get { storage[head + index] }
        set { storage[head + index] = newValue }
    }

    mutating func append(_ entry: Entry) {
        storage.append(entry)
    }

    /// Takes one reply off the oldest entry; whether somebody waits for it, and whether it was the entry's last.
    mutating func answerFirst() -> (isAbandoned: Bool, isLast: Bool)? {
        guard !isEmpty else { return nil }
        storage[head].missing -= 1
        let (isAbandoned, isLast) = (storage[head].isAbandoned, storage[head].missing == 0)
        if isLast { removeFirst() }
        return (isAbandoned, isLast)
    }

    mutating func removeAll() {
        storage.removeAll()
        head = 0
    }

    private mutating func removeFirst() {
        head += 1
        if head == storage.count {
            storage.removeAll(keepingCapacity: true)
            head = 0
        } else if head >= 1024, head * 2 >= storage.count {
            storage.removeFirst(head)
            head = 0
        }
    }
}
