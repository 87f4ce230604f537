internal import NIOCore

/// How a connection is made secure. TLS 1.2 or newer.
package struct RedisTLS: Sendable, Hashable {
    /// Whose certificates are trusted.
    package enum Roots: Sendable, Hashable {
        /// The system's.
        case system
        /// Those in a PEM file, and no others.
        case file(String)
    }

    /// The client's own certificate, for servers that ask for one: paths of PEM files.
    package struct ClientCertificate: Sendable, Hashable {
        package let certificateChain: String
        package let privateKey: String

        package init(certificateChain: String, privateKey: String) {
            self.certificateChain = certificateChain
            self.privateKey = privateKey
        }
    }

    /// Whose certificates are trusted.
    package var roots: Roots
    /// What the client shows.
    package var clientCertificate: ClientCertificate?
    /// The name that the server's certificate has to have; without it the host of the address that is connected to.
    /// It is no IP address: a certificate is compared with the address that is connected to, and with no other.
    package var serverName: String?
    /// Whether the certificate has to be for the server's name. Turn it off only where addresses change and an own
    /// certificate authority vouches for these servers alone.
    package var checksServerName: Bool

    package init(
        roots: Roots = .system, clientCertificate: ClientCertificate? = nil, serverName: String? = nil,
        checksServerName: Bool = true
    ) {
        self.roots = roots
        self.clientCertificate = clientCertificate
        self.serverName = serverName
        self.checksServerName = checksServerName
    }

    /// Whether a host is given by its IP address.
    static func isAddress(_ host: String) -> Bool {
        (try? SocketAddress(ipAddress: host, port: 0)) != nil
    }
}
