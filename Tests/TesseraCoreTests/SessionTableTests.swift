import Testing

@testable import TesseraCore

/// The table must say what a dictionary says, whatever its size and however names fall together.
@Suite("A table of sessions")
struct SessionTableTests {
    private static let start = Timestamp(seconds: 1_800_000_000)

    /// - Parameter clashing: whether all names stand for the same place.
    private func id(_ number: UInt64, clashing: Bool) -> SessionID {
        // Where both halves change together, what the place is made of stays.
        clashing ? SessionID(high: number, low: number) : SessionID(high: number << 52, low: number &* 0x2545_F491)
    }

    @Test("It holds what a dictionary holds, through growth and trimming", arguments: [false, true])
    func asDictionary(clashing: Bool) {
        var random = SeededGenerator(seed: 5)
        var table = SessionTable()
        var dictionary: [SessionID: BlocklistEntry] = [:]
        var now = Self.start
        for step in 0..<3000 {
            let name = id(UInt64(random.below(700)), clashing: clashing)
            let entry = BlocklistEntry(
                expires: now + .seconds(1 + random.below(60)), below: UInt32(random.below(4)), reason: .reuse)
            let isNew = dictionary[name].map { !$0.covers(entry) } ?? true
            let wasNew = table.raise(name, to: entry)
            #expect(wasNew == isNew)
            dictionary[name] = dictionary[name].map { $0.merged(with: entry) } ?? entry
            if step % 100 == 0 { table.reserve(random.below(300)) }
            if step % 250 == 249 {
                now = now + .seconds(20)
                dictionary = dictionary.filter { $0.value.expires > now }
                let next = table.trim(at: now)
                #expect(next == dictionary.values.map(\.expires).min())
            }
            #expect(table.count == dictionary.count)
        }
        var listed = 0
        table.forEach { name, entry in
            listed += 1
            #expect(dictionary[name].map { $0.covers(entry) && entry.covers($0) } == true)
        }
        #expect(listed == dictionary.count && listed > 0)
        for number in 0..<800 {
            let name = id(UInt64(number), clashing: clashing)
            #expect((table[name] == nil) == (dictionary[name] == nil))
        }
    }

    @Test("An empty one knows nothing, also after all has expired")
    func empty() {
        var table = SessionTable()
        let name = SessionID(high: 0, low: 0)
        let nothing = table.trim(at: Self.start)
        #expect(table[name] == nil && nothing == nil)
        let entry = BlocklistEntry(expires: Self.start, below: 1, reason: .reuse)
        let first = [table.raise(name, to: entry), table.raise(name, to: entry)]
        #expect(first == [true, false] && table[name] != nil)
        let next = table.trim(at: Self.start)
        #expect(next == nil && table.count == 0 && table[name] == nil)
        let isNew = table.raise(name, to: entry)
        #expect(isNew && table.count == 1)
    }
}
