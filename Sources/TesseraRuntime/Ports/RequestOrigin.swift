package import TesseraCore

/// Where a request came from, as far as it says.
public struct RequestOrigin: Sendable, Hashable {
    /// The `User-Agent` header.
    public let userAgent: String?
    /// The client's IP address.
    public let address: String?

    public init(userAgent: String?, address: String?) {
        self.userAgent = userAgent
        self.address = address
    }

    /// The device, condensed.
    package var device: Device { Device(userAgent: userAgent, address: address) }
}
