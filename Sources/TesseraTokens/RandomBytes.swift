/// Makes random bytes fit for keys and identifiers. An argument everywhere, so that tests can say which.
public struct RandomBytes: Sendable {
    private let make: @Sendable (Int) -> [UInt8]

    /// A source that asks this closure for a number of bytes.
    public init(_ make: @escaping @Sendable (Int) -> [UInt8]) { self.make = make }

    /// This many random bytes.
    public func bytes(_ count: Int) -> [UInt8] { make(count) }

    /// The system's generator, which is cryptographically secure.
    public static let system = RandomBytes { count in
        var generator = SystemRandomNumberGenerator()
        var bytes: [UInt8] = []
        bytes.reserveCapacity(count + 7)
        while bytes.count < count {
            let word = generator.next()
            for shift in stride(from: UInt64(0), to: 64, by: 8) {
                bytes.append(UInt8(truncatingIfNeeded: word >> shift))
            }
        }
        return Array(bytes.prefix(count))
    }
}
