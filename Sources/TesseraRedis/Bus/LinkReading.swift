import Synchronization
import TesseraRuntime

/// What the reader of one subscription has come to.
final class LinkReading: Sendable {
    private struct State {
        var missing: Set<String>
        var link: BusLink?
    }

    let number: UInt64
    let route: OpenLinks.Route
    private let state: Mutex<State>

    init(number: UInt64, route: OpenLinks.Route, channels: [String]) {
        self.number = number
        self.route = route
        state = Mutex(State(missing: Set(channels)))
    }

    /// The link, once it is open.
    var link: BusLink? { state.withLock { $0.link } }

    /// Notes a channel. Returns whether it was the last one.
    func subscribed(_ channel: String) -> Bool {
        state.withLock { state in state.missing.remove(channel) != nil && state.missing.isEmpty }
    }

    func open(in replication: ReplicationID) -> BusLink {
        let link = BusLink(
            number: number, primary: route.primary, replication: replication, shards: route.shards)
        state.withLock { $0.link = link }
        return link
    }
}
