internal import Metrics
internal import RESP

/// The names and labels of everything that is measured.
final class Telemetry: Sendable {
    /// Whether anybody takes the measurements of commands; without, not even the clock is read.
    let isMeasuring: Bool
    private let succeeded: Counter
    private let failed: [RedisError.Code: Counter]
    private let duration: Metrics.Timer
    private let connects: Counter
    private let failedConnects: [RedisError.Code: Counter]
    private let connections: Meter
    private let waiting: Meter
    private let redirections: Counter
    private let messages: Counter
    private let losses: Counter

    init(_ factory: any MetricsFactory) {
        func counter(_ name: String, _ outcome: String? = nil) -> Counter {
            Counter(
                label: "redis_client_\(name)", dimensions: outcome.map { [("outcome", $0)] } ?? [], factory: factory)
        }
        func failures(_ name: String) -> [RedisError.Code: Counter] {
            Dictionary(uniqueKeysWithValues: RedisError.Code.allCases.map { ($0, counter(name, $0.rawValue)) })
        }
        isMeasuring = !(factory is NOOPMetricsHandler)
        succeeded = counter("commands_total", "ok")
        failed = failures("commands_total")
        duration = Metrics.Timer(
            label: "redis_client_command_duration_seconds", preferredDisplayUnit: .seconds, factory: factory)
        connects = counter("connects_total", "ok")
        failedConnects = failures("connects_total")
        connections = Meter(label: "redis_client_connections", factory: factory)
        waiting = Meter(label: "redis_client_commands_waiting", factory: factory)
        redirections = counter("redirections_total")
        messages = counter("messages_total")
        losses = counter("subscriptions_lost_total")
    }

    /// A command, a batch or a script has ended.
    func finished(_ failure: RedisError.Code?, after start: MonotonicTime) {
        guard isMeasuring else { return }
        if let failure { failed[failure]?.increment() } else { succeeded.increment() }
        let elapsed = MonotonicTime.now().nanoseconds &- start.nanoseconds
        duration.recordNanoseconds(Int64(clamping: elapsed))
    }

    func connected() {
        connects.increment()
        connections.increment()
    }

    func disconnected() { connections.decrement() }
    func connectFailed(_ code: RedisError.Code) { failedConnects[code]?.increment() }
    func redirected() { redirections.increment() }
    func received() { messages.increment() }
    func subscriptionLost() { losses.increment() }
    func waiting(_ commands: Int) { waiting.set(commands) }
}
