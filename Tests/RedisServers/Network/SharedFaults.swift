import NIOCore
import Synchronization

/// The faults of a proxy, and who wants to know of their change.
final class SharedFaults: Sendable {
    private struct State {
        var faults = TCPProxy.Faults()
        var listeners: [ObjectIdentifier: @Sendable () -> Void] = [:]
    }

    private let state = Mutex(State())

    var faults: TCPProxy.Faults { state.withLock { $0.faults } }

    /// Changes the faults, and tells all connections.
    func change(_ body: (inout TCPProxy.Faults) -> Void) {
        let listeners = state.withLock { state in
            body(&state.faults)
            return state.listeners.values
        }
        for listener in listeners { listener() }
    }

    func listen(_ channel: any Channel, _ listener: @escaping @Sendable () -> Void) {
        state.withLock { $0.listeners[ObjectIdentifier(channel)] = listener }
        channel.closeFuture.whenComplete { [self] _ in
            state.withLock { _ = $0.listeners.removeValue(forKey: ObjectIdentifier(channel)) }
        }
    }

    /// How many of these bytes may pass before the connection has to be closed; `nil` when all may.
    func take(_ count: Int, _ direction: TCPProxy.Direction) -> Int? {
        state.withLock { state in
            guard let remaining = state.faults[direction].remaining else { return nil }
            let isCut = count >= remaining
            state.faults[direction].remaining = isCut ? nil : remaining - count
            return isCut ? remaining : nil
        }
    }
}
