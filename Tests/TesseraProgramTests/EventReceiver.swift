import Hummingbird
import HummingbirdTesting
import JSON
import NIOCore
import Synchronization

/// An application that is told of events: takes them, or refuses them all.
final class EventReceiver: Sendable {
    /// An event as it came.
    struct Event: Sendable, Hashable {
        let id: String
        let type: String
        /// The session that it is about, where it names one.
        let session: String?
    }

    private struct State {
        var refuses = false
        var refused: [Event] = []
        var taken: [Event] = []
    }

    private let state = Mutex(State())
    private let port: Int

    private init(port: Int) { self.port = port }

    /// What a node is configured with to tell it everything.
    var environment: [String: String] {
        [
            "TESSERA_WEBHOOKS_URL": "http://127.0.0.1:\(port)/events", "TESSERA_WEBHOOKS_EVENTS": "all",
            "TESSERA_WEBHOOKS_SECRETS": "a webhook secret of 32 bytes or more",
        ]
    }

    /// What it has answered with 503.
    var refused: [Event] { state.withLock { $0.refused } }
    /// What it has answered with 200.
    var taken: [Event] { state.withLock { $0.taken } }

    func refuse(_ refuses: Bool) { state.withLock { $0.refuses = refuses } }

    private func take(_ event: Event) -> Response {
        let refuses = state.withLock { state in
            if state.refuses { state.refused.append(event) } else { state.taken.append(event) }
            return state.refuses
        }
        return Response(status: refuses ? .serviceUnavailable : .ok)
    }

    private static func event(_ request: Request) async throws -> Event {
        let body = try await request.body.collect(upTo: 1 << 20)
        let message = try JSONObject(parsing: Array(body.readableBytesView))
        let id = request.headers.first { $0.name.canonicalName == "webhook-id" }?.value
        return Event(
            id: id ?? "", type: message["type"]?.string ?? "", session: message["data"]?.object?["sid"]?.string)
    }

    /// Runs a test with one that listens.
    static func with(_ body: @Sendable (EventReceiver) async throws -> Void) async throws {
        let current = Mutex<EventReceiver?>(nil)
        let router = Router()
        router.post("events") { request, _ in
            let event = try await Self.event(request)
            return current.withLock { $0 }?.take(event) ?? Response(status: .serviceUnavailable)
        }
        try await Application(router: router).test(.live) { client in
            let receiver = EventReceiver(port: client.port ?? 0)
            current.withLock { $0 = receiver }
            try await body(receiver)
        }
    }
}
