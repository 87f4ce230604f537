import TesseraTestKit
import Testing

@testable import TesseraRuntime

@Suite("Recently used")
struct RecentlyUsedTests {
    @Test("Never more than its limit, and the last half that was used is always there", arguments: [2, 3, 10, 101])
    func bound(limit: Int) {
        var cache = RecentlyUsed<Int, Int>(limit: limit)
        var random = SeededRandom(seed: UInt64(limit))
        // What was removed keeps its place here: removing does not bring back what was let go.
        var used: [Int?] = []
        for step in 0..<5000 {
            let key = Int.random(in: 0..<(3 * limit), using: &random)
            switch Int.random(in: 0..<4, using: &random) {
            case 0: #expect(cache.value(key) { key * 2 } == key * 2)
            case 1: cache.insert(key * 2, key)
            case 2:
                guard let value = cache[key] else { continue }
                #expect(value == key * 2)
            default:
                cache.remove(key)
                #expect(cache[key] == nil)
                used = used.map { $0 == key ? nil : $0 }
                continue
            }
            used.removeAll { $0 == key }
            used.append(key)
            #expect(cache.count <= limit, "step \(step)")
            var copy = cache
            for case let recent? in used.suffix(max(1, limit / 2)) { #expect(copy[recent] != nil, "step \(step)") }
        }
    }

    @Test("Putting the same key in again replaces its value and lets go of nothing")
    func replacement() {
        var cache = RecentlyUsed<String, Int>(limit: 4)
        cache.insert(1, "a")
        cache.insert(2, "b")
        for value in 0..<10 { cache.insert(value, "b") }
        #expect(cache.count == 2)
        #expect(cache["a"] == 1 && cache["b"] == 9)
        cache.removeAll()
        #expect(cache.count == 0 && cache["b"] == nil)
    }

    @Test("What was not used for longest goes first")
    func eviction() {
        var cache = RecentlyUsed<Int, Int>(limit: 4)
        for key in 0..<4 { cache.insert(key, key) }
        _ = cache[0]
        cache.insert(4, 4)
        cache.insert(5, 5)
        #expect(cache[1] == nil && cache[2] == nil && cache[5] == 5)
    }
}
