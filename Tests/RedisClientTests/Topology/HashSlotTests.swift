import Testing

@testable import RedisClient

@Suite("The slot of a key")
struct HashSlotTests {
    @Test("is a checksum of the name", arguments: [("", 0), ("123456789", 0x31c3), ("foo", 12_182), ("bar", 5061)])
    func checksum(_ name: String, _ slot: Int) {
        #expect(HashSlot.of(RedisKey(name)) == slot % HashSlot.count)
    }

    @Test(
        "is that of the first part in braces, unless it is empty",
        arguments: [
            ("{user1000}.following", "user1000"), ("a{user1000}b{other}", "user1000"), ("foo{{bar}}zap", "{bar"),
            ("foo{bar", "foo{bar"), ("foo}bar{", "foo}bar{"), ("{}foo{bar}", "{}foo{bar}"), ("}{a}", "a"),
        ])
    func tags(_ name: String, _ part: String) {
        // The second name has braces that do not count, or none.
        let whole = HashSlot.of(RedisKey(name))
        if name == part { return #expect(whole != HashSlot.of("bar")) }
        #expect(whole == HashSlot.of(RedisKey(part.hasPrefix("{") ? "{\(part)}" : part)))
    }

    @Test("differs from name to name, for bytes that are no text, too")
    func bytes() {
        let slots = (0..<256).map { HashSlot.of([UInt8($0), 0, 255]) }
        #expect(Set(slots).count == 256)
    }
}
