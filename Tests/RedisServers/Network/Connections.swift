import NIOCore
import Synchronization

/// The connections that a server of this target took.
final class Connections: Sendable {
    private struct State {
        var count = 0
        var open: [ObjectIdentifier: any Channel] = [:]
    }

    private let state = Mutex(State())

    /// How many there were so far.
    var count: Int { state.withLock { $0.count } }

    var open: [any Channel] { state.withLock { Array($0.open.values) } }

    /// Adds one until it is closed; returns its number, from 1.
    func add(_ channel: any Channel) -> Int {
        let number = state.withLock { state in
            state.open[ObjectIdentifier(channel)] = channel
            state.count += 1
            return state.count
        }
        channel.closeFuture.whenComplete { [self] _ in
            state.withLock { _ = $0.open.removeValue(forKey: ObjectIdentifier(channel)) }
        }
        return number
    }
}
