internal import Metrics
internal import RESP

/// The names and labels of everything that is measured.
final class Telemetry: Sendable {
    private let succeeded = Counter(label: "redis_client_commands_total", dimensions: [("outcome", "ok")])
    private let failed = Telemetry.counters("redis_client_commands_total", "outcome")
    private let duration = Metrics.Timer(
        label: "redis_client_command_duration_seconds", preferredDisplayUnit: .seconds)
    private let connects = Counter(label: "redis_client_connects_total", dimensions: [("outcome", "ok")])
    private let failedConnects = Telemetry.counters("redis_client_connects_total", "outcome")
    private let connections = Meter(label: "redis_client_connections")
    private let waiting = Meter(label: "redis_client_commands_waiting")
    private let redirections = Counter(label: "redis_client_redirections_total")
    private let messages = Counter(label: "redis_client_messages_total")
    private let losses = Counter(label: "redis_client_subscriptions_lost_total")

    private static func counters(_ label: String, _ dimension: String) -> [RedisError.Code: Counter] {
        Dictionary(
            uniqueKeysWithValues: RedisError.Code.allCases.map {
                ($0, Counter(label: label, dimensions: [(dimension, $0.rawValue)]))
            })
    }

    /// A command, a batch or a script has ended.
    func finished(_ failure: RedisError.Code?, after start: MonotonicTime) {
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
