/// What is known of the browser or device of a session: enough for its owner to recognise it, not to track him.
public struct Device: Sendable, Hashable {
    /// Browser and system, condensed from the user agent ("Firefox 128, Linux"); at most 48 bytes, may be empty.
    public let name: String
    /// The network it signed in from ("192.0.2.0/24", "2001:db8:7::/48"); at most 48 bytes, may be empty.
    public let network: String

    public init(name: String, network: String) {
        self.name = Self.shortened(name)
        self.network = Self.shortened(network)
    }

    /// Nothing is known.
    public static let unknown = Device(name: "", network: "")

    /// Whether another sign of a device may come from the same one: the same browser and system, in whatever version.
    /// What is not known does not differ.
    package func isSameKind(as other: Device) -> Bool {
        let (left, right) = (Self.withoutDigits(name), Self.withoutDigits(other.name))
        return left.isEmpty || right.isEmpty || left == right
    }

    private static func withoutDigits(_ text: String) -> [UInt8] {
        text.utf8.filter { !(0x30...0x39).contains($0) }
    }

    private static func shortened(_ text: String) -> String {
        guard text.utf8.count > 48 else { return text }
        var result = text
        while result.utf8.count > 48 { result.removeLast() }
        return result
    }
}
