extension NetworkPrefix {
    /// Who shares a limit with an address: an IPv4 address alone, an IPv6 address with its /64, which is one customer's;
    /// whatever is no address, all together.
    package static func limitScope(of address: String?) -> String {
        guard let address, address.utf8.count <= 64 else { return "unknown" }
        let text = address.split(separator: "%", maxSplits: 1, omittingEmptySubsequences: false)[0]
        let mapped = text.prefix(7).lowercased() == "::ffff:" ? text.dropFirst(7) : text
        if let octets = octets(mapped) { return octets.map { String($0) }.joined(separator: ".") }
        guard let groups = groups(text) else { return "unknown" }
        return groups.prefix(4).map { String($0, radix: 16) }.joined(separator: ":") + "::/64"
    }
}
