/// Random numbers that are the same for the same seed: xoshiro256** (Blackman and Vigna, 2018), its state filled by
/// SplitMix64 (Steele, Lea and Flood, 2014). For tests only.
package struct SeededRandom: RandomNumberGenerator, Sendable {
    private var state: (UInt64, UInt64, UInt64, UInt64)

    /// The numbers that belong to a seed.
    package init(seed: UInt64) {
        var filler = SplitMix64(state: seed)
        state = (filler.next(), filler.next(), filler.next(), filler.next())
    }

    package mutating func next() -> UInt64 {
        let result = Self.rotate(state.1 &* 5, by: 7) &* 9
        let shifted = state.1 << 17
        state.2 ^= state.0
        state.3 ^= state.1
        state.1 ^= state.2
        state.0 ^= state.3
        state.2 ^= shifted
        state.3 = Self.rotate(state.3, by: 45)
        return result
    }

    private static func rotate(_ value: UInt64, by count: UInt64) -> UInt64 {
        value << count | value >> (64 - count)
    }

    private struct SplitMix64 {
        var state: UInt64

        mutating func next() -> UInt64 {
            state &+= 0x9E37_79B9_7F4A_7C15
            var value = state
            value = (value ^ value >> 30) &* 0xBF58_476D_1CE4_E5B9
            value = (value ^ value >> 27) &* 0x94D0_49BB_1331_11EB
            return value ^ value >> 31
        }
    }
}

extension SeededRandom {
    /// A number of random bytes.
    package mutating func bytes(_ count: Int) -> [UInt8] {
        (0..<count).map { _ in UInt8(truncatingIfNeeded: next() >> 56) }
    }

    /// A generator of its own for a part of a test, so that parts do not change each other's numbers.
    package mutating func fork() -> SeededRandom { SeededRandom(seed: next()) }
}
