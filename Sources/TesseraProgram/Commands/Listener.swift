import NIOCore
import ServiceLifecycle

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// An HTTP server as a service of the program: says in words why it cannot listen.
struct Listener<Server: Service>: Service {
    let server: Server
    /// The setting that the port is from.
    let setting: String
    let host: String
    let port: Int

    func run() async throws {
        do {
            try await server.run()
        } catch let error as IOError {
            throw SettingsProblems(["\(setting): \(host):\(port) \(Self.reason(error.errnoCode))"])
        } catch is SocketAddressError {
            throw SettingsProblems(["there is no host \(host) to listen on"])
        }
    }

    private static func reason(_ code: CInt) -> String {
        switch code {
        case EADDRINUSE: "is in use by another process; choose another port, or stop that process"
        case EACCES: "may not be listened on: ports below 1024 need the right to (CAP_NET_BIND_SERVICE)"
        case EADDRNOTAVAIL: "is no address of this machine"
        default: "cannot be listened on: \(String(cString: strerror(code)))"
        }
    }
}
