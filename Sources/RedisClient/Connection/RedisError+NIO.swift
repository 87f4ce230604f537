internal import NIOCore
internal import NIOPosix
internal import NIOSSL
internal import RESP

extension RedisError {
    /// Why a connection could not be made, or broke, in our words. NIO's own words say where and why, and hold no secret.
    init(connecting error: any Error) {
        switch error {
        case let error as RedisError:
            self = error
        case NIOSSLError.uncleanShutdown:
            self.init(.connectionLost, "the server closed the connection")
        case let error as NIOSSLError:
            self.init(.tlsFailed, "no secure connection: \(error)")
        case let error as NIOSSLExtraError:
            self.init(.tlsFailed, "no secure connection: \(error)")
        case let error as BoringSSLError:
            self.init(.tlsFailed, "no secure connection: \(error)")
        case let error as NIOConnectionError:
            let first = error.connectionErrors.first.map { ": \($0.error)" } ?? ""
            self.init(.unavailable, "no connection to \(error.host):\(error.port)\(first)")
        case ChannelError.connectTimeout:
            self.init(.unavailable, "no connection in time")
        case is CancellationError:
            self = .cancelled(written: false)
        default:
            self.init(.connectionLost, "the connection broke: \(error)")
        }
    }
}
