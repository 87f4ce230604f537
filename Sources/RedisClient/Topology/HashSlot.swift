/// The slots of a cluster: every key belongs to one, and every slot to one primary.
enum HashSlot {
    /// How many there are.
    static let count = 16_384

    /// The slot of a key or a sharded channel. Where the name has a part in braces that is not empty, only that part
    /// counts (its first one): names with the same part belong together.
    static func of(_ key: RedisKey) -> Int { of(key.bytes) }

    static func of(_ name: [UInt8]) -> Int {
        Int(checksum(tag(in: name))) % count
    }

    /// The part of a name that counts.
    private static func tag(in name: [UInt8]) -> ArraySlice<UInt8> {
        guard let open = name.firstIndex(of: UInt8(ascii: "{")) else { return name[...] }
        let rest = name[(open + 1)...]
        guard let close = rest.firstIndex(of: UInt8(ascii: "}")), close > rest.startIndex else { return name[...] }
        return rest[..<close]
    }

    /// CRC-16 with the polynomial 0x1021, starting at 0 (XMODEM).
    private static func checksum(_ bytes: ArraySlice<UInt8>) -> UInt16 {
        bytes.reduce(0) { sum, byte in (sum << 8) ^ table[Int(UInt8(sum >> 8) ^ byte)] }
    }

    private static let table: [UInt16] = (0..<256).map { index in
        (0..<8).reduce(UInt16(index) << 8) { sum, _ in sum & 0x8000 == 0 ? sum << 1 : (sum << 1) ^ 0x1021 }
    }
}
