internal import NIOCore
internal import NIOPosix
internal import NIOSSL
internal import Synchronization

/// The secure context of a client's connections, made when the first one is: reading certificates takes time.
final class TLSContext: Sendable {
    private let settings: RedisTLS
    private let made = Mutex<NIOSSLContext?>(nil)

    init(_ settings: RedisTLS) {
        self.settings = settings
    }

    /// The context; files are read on a thread that may block.
    func context() async throws -> NIOSSLContext {
        if let context = made.withLock({ $0 }) { return context }
        let settings = settings
        let context = try await NIOThreadPool.singleton.runIfActive {
            try NIOSSLContext(configuration: Self.configuration(settings))
        }
        made.withLock { $0 = context }
        return context
    }

    private static func configuration(_ settings: RedisTLS) throws -> TLSConfiguration {
        var configuration = TLSConfiguration.makeClientConfiguration()
        configuration.minimumTLSVersion = .tlsv12
        configuration.shutdownTimeout = .seconds(1)
        switch settings.roots {
        case .system: configuration.trustRoots = .default
        case .file(let path): configuration.trustRoots = .certificates(try NIOSSLCertificate.fromPEMFile(path))
        }
        configuration.certificateVerification = settings.checksServerName ? .fullVerification : .noHostnameVerification
        if let own = settings.clientCertificate {
            configuration.certificateChain = try NIOSSLCertificate.fromPEMFile(own.certificateChain)
                .map { .certificate($0) }
            configuration.privateKey = .privateKey(try NIOSSLPrivateKey(file: own.privateKey, format: .pem))
        }
        return configuration
    }
}
