import NIOCore
import NIOPosix

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// Looks names up with the system's resolver, before anything is connected to.
enum NameResolver {
    /// All addresses of a host, in text form; a host that is an address is its own. Takes no longer than `timeout`; the
    /// system's own look-up may go on behind it, on a thread of a pool of fixed size.
    static func addresses(of host: String, within timeout: TimeAmount) async throws(ProvidersError) -> [String] {
        let loop = MultiThreadedEventLoopGroup.singleton.next()
        let promise = loop.makePromise(of: [String].self)
        let deadline = loop.scheduleTask(in: timeout) {
            promise.fail(ProvidersError(.timedOut, "the name of the provider's host was not resolved in time"))
        }
        NIOThreadPool.singleton.runIfActive(eventLoop: loop) { look(up: host) }.whenComplete { result in
            deadline.cancel()
            // Of no effect where the deadline came first.
            promise.completeWith(result)
        }
        do {
            return try await promise.futureResult.get()
        } catch let error as ProvidersError {
            throw error
        } catch {
            throw ProvidersError(.unavailable, "names cannot be resolved")
        }
    }

    private static func look(up host: String) -> [String] {
        var hints = addrinfo()
        #if canImport(Glibc)
            hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        #else
            hints.ai_socktype = SOCK_STREAM
        #endif
        var list: UnsafeMutablePointer<addrinfo>?
        guard getaddrinfo(host, nil, &hints, &list) == 0 else { return [] }
        defer { freeaddrinfo(list) }
        var addresses: [String] = []
        var entry = list
        while let info = entry, addresses.count < 64 {
            var name = [CChar](repeating: 0, count: Int(NI_MAXHOST))
            let status = getnameinfo(
                info.pointee.ai_addr, info.pointee.ai_addrlen, &name, socklen_t(name.count), nil, 0, NI_NUMERICHOST)
            if status == 0 {
                addresses.append(String(decoding: name.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self))
            }
            entry = info.pointee.ai_next
        }
        return addresses
    }
}
