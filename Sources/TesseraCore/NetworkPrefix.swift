/// The network that an IP address belongs to: /24 of IPv4, /48 of IPv6 (RFC 4291).
public struct NetworkPrefix: Sendable, Hashable, CustomStringConvertible {
    public let description: String

    /// Reads an address in its text form; `nil` when it is none. An IPv4 address in IPv6 form counts as IPv4.
    public init?(_ address: String) {
        guard address.utf8.count <= 64 else { return nil }
        let address = address.split(separator: "%", maxSplits: 1, omittingEmptySubsequences: false)[0]
        if let octets = Self.octets(address) {
            description = "\(octets[0]).\(octets[1]).\(octets[2]).0/24"
        } else if address.prefix(7).lowercased() == "::ffff:", let octets = Self.octets(address.dropFirst(7)) {
            description = "\(octets[0]).\(octets[1]).\(octets[2]).0/24"
        } else if let groups = Self.groups(address) {
            description = groups.prefix(3).map { String($0, radix: 16) }.joined(separator: ":") + "::/48"
        } else {
            return nil
        }
    }

    /// An address as proxies write it in `X-Forwarded-For`, without spaces, and without what some put around it: a port,
    /// and the brackets of an IPv6 address (RFC 7239, section 6).
    package static func bareAddress(_ text: some StringProtocol) -> String {
        let text = text.filter { $0 != " " }
        if text.first == "[", let end = text.firstIndex(of: "]") {
            return String(text[text.index(after: text.startIndex)..<end])
        }
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        return parts.count == 2 ? String(parts[0]) : String(text)
    }

    static func octets(_ text: Substring) -> [UInt8]? {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        // A sign is read as part of a number, but is none of an address.
        let octets = parts.compactMap { $0.utf8.allSatisfy(Self.isDigit) ? UInt8($0) : nil }
        return parts.count == 4 && octets.count == 4 ? octets : nil
    }

    private static func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }
    private static func isSign(_ byte: UInt8) -> Bool { byte == UInt8(ascii: "+") || byte == UInt8(ascii: "-") }

    /// The eight groups of an IPv6 address; also what tells whether the text between brackets of a URL is one.
    package static func groups(_ text: Substring) -> [UInt16]? {
        let halves = text.split(separator: ":", omittingEmptySubsequences: false)
        guard (3...9).contains(halves.count) else { return nil }
        // A colon at either end is half of a gap, never alone.
        guard !halves[0].isEmpty || halves[1].isEmpty else { return nil }
        guard !halves[halves.count - 1].isEmpty || halves[halves.count - 2].isEmpty else { return nil }
        var groups: [UInt16] = []
        var gap: Int?
        for (index, part) in halves.enumerated() {
            if part.isEmpty {
                let atEdge = index == 0 || index == halves.count - 1
                if atEdge { continue }
                guard gap == nil else { return nil }
                gap = groups.count
            } else {
                guard part.utf8.count <= 4, part.utf8.first.map(Self.isSign) == false,
                    let group = UInt16(part, radix: 16)
                else { return nil }
                groups.append(group)
            }
        }
        if let gap {
            guard groups.count < 8 else { return nil }
            groups.insert(contentsOf: Array(repeating: 0, count: 8 - groups.count), at: gap)
        }
        return groups.count == 8 ? groups : nil
    }
}
