import Foundation
import Synchronization

/// Ports of the loopback interface that nobody listens on.
package enum FreePort {
    /// Below the ports that the system gives to outgoing connections: one of those must not take the port of a server
    /// that is down for a moment.
    private static let range = 20_000..<32_000
    private static let taken = Mutex(Set<Int>())

    /// A port that this function has not returned before.
    package static func next() throws -> Int {
        for _ in 0..<1000 {
            let port = Int.random(in: range)
            if taken.withLock({ $0.insert(port).inserted }), isFree(port) { return port }
        }
        throw RedisServersError("no free port")
    }

    private static func isFree(_ port: Int) -> Bool {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        guard descriptor >= 0 else { return false }
        defer { close(descriptor) }
        var reuse: Int32 = 1
        setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &reuse, socklen_t(MemoryLayout<Int32>.size))
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(port).bigEndian
        address.sin_addr.s_addr = in_addr_t(0x7f00_0001).bigEndian
        return withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
            }
        }
    }
}
