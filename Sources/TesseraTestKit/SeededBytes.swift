import Synchronization
package import TesseraTokens

extension RandomBytes {
    /// Bytes that are the same for the same seed, call after call. For tests only.
    package static func seeded(_ seed: UInt64) -> RandomBytes {
        let source = SeededSource(seed: seed)
        return RandomBytes { count in source.bytes(count) }
    }
}

private final class SeededSource: Sendable {
    private let random: Mutex<SeededRandom>

    init(seed: UInt64) { random = Mutex(SeededRandom(seed: seed)) }

    func bytes(_ count: Int) -> [UInt8] { random.withLock { $0.bytes(count) } }
}
