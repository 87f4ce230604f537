import HTTPTypes
package import Hummingbird
import JSON
import TesseraCore
package import TesseraRuntime

/// `GET /health/live` and `GET /health/ready`, for whoever watches over the process.
package struct HealthAPI: Sendable {
    private let flow: RequestFlow
    private let probe: ReadinessProbe

    package init(flow: RequestFlow) {
        self.flow = flow
        probe = ReadinessProbe(store: flow.store, clock: flow.clock)
    }

    /// Answers a request; `nil` for one that is not about health.
    package func respond(to request: Request) async -> Response? {
        guard request.method == .get || request.method == .head else { return nil }
        switch RequestTarget(request).path {
        case "/health/live": return Answer.json(["status": "live"]).response(asJSON: false).fitting(request)
        case "/health/ready": return await ready().response(asJSON: false).fitting(request)
        default: return nil
        }
    }

    /// Ready is who can open tokens, vouch for the mirror, and write to the store. Where the store has just begun, it
    /// answers for the mirror.
    private func ready() async -> Answer {
        guard flow.mirror.isServing(at: flow.clock.reading()) else {
            return .error("mirror_not_ready", "The blocklist is not read yet.", status: .serviceUnavailable)
        }
        if let error = await probe.ask() {
            return .error(error.code.rawValue, "The store cannot be asked.", status: .serviceUnavailable)
        }
        return .json(["status": "ready"])
    }
}
