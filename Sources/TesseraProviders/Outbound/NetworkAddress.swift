import TesseraCore

/// An IP address, and what kind of network it is of.
package struct NetworkAddress: Sendable, Hashable {
    /// 4 or 16 bytes.
    private let bytes: [UInt8]

    /// Reads an address in its text form; `nil` when it is none.
    package init?(_ text: String) {
        let text = text.split(separator: "%", maxSplits: 1, omittingEmptySubsequences: false).first ?? ""
        if let octets = Self.octets(text) {
            bytes = octets
        } else if text.prefix(7).lowercased() == "::ffff:", let octets = Self.octets(text.dropFirst(7)) {
            bytes = octets
        } else if let groups = NetworkPrefix.groups(text) {
            bytes = groups.flatMap { [UInt8($0 >> 8), UInt8($0 & 0xFF)] }
        } else {
            return nil
        }
    }

    private static func octets(_ text: Substring) -> [UInt8]? {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        let octets = parts.compactMap { part in
            part.utf8.allSatisfy { (0x30...0x39).contains($0) } ? UInt8(part) : nil
        }
        return parts.count == 4 && octets.count == 4 ? octets : nil
    }

    /// Whether the address is one of the public Internet: neither this machine, nor a private or link-local network,
    /// nor any other range that is not routed there (the special-purpose registries of RFC 6890). An IPv6 address that
    /// stands for an IPv4 one is judged by that.
    package var isPublic: Bool {
        bytes.count == 4 ? Self.isPublic(v4: bytes[...]) : Self.isPublic(v6: bytes)
    }

    private static func isPublic(v4 bytes: ArraySlice<UInt8>) -> Bool {
        let number = bytes.reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
        return !closedV4.contains { prefix, length in number >> (32 - length) == prefix >> (32 - length) }
    }

    private static let closedV4: [(prefix: UInt32, length: UInt32)] = [
        (0x0000_0000, 8), (0x0A00_0000, 8), (0x6440_0000, 10), (0x7F00_0000, 8), (0xA9FE_0000, 16), (0xAC10_0000, 12),
        (0xC000_0000, 24), (0xC000_0200, 24), (0xC058_6300, 24), (0xC0A8_0000, 16), (0xC612_0000, 15),
        (0xC633_6400, 24), (0xCB00_7100, 24), (0xE000_0000, 4), (0xF000_0000, 4),
    ]

    private static func isPublic(v6 bytes: [UInt8]) -> Bool {
        let groups = stride(from: 0, to: 16, by: 2).map { UInt16(bytes[$0]) << 8 | UInt16(bytes[$0 + 1]) }
        // Mapped (::ffff:0:0/96), compatible (::/96) and translated (64:ff9b::/96) addresses.
        let carriesV4 =
            groups[0..<5].allSatisfy { $0 == 0 } && (groups[5] == 0xFFFF || groups[5] == 0)
            || groups[0] == 0x64 && groups[1] == 0xFF9B && groups[2..<6].allSatisfy { $0 == 0 }
        if carriesV4 { return isPublic(v4: bytes[12...]) }
        // 6to4 carries the IPv4 address in its second and third group.
        if groups[0] == 0x2002 { return isPublic(v4: bytes[2..<6]) }
        // Global unicast, without documentation, benchmarking, Teredo and the like.
        guard groups[0] & 0xE000 == 0x2000 else { return false }
        if groups[0] == 0x2001, groups[1] < 0x0200 || groups[1] == 0x0DB8 { return false }
        return !(groups[0] == 0x3FFF && groups[1] < 0x1000)
    }
}
