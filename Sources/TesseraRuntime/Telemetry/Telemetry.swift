package import CoreMetrics
import TesseraCore

/// Counts and measures what happens on this node, into whatever metrics system the process has.
///
/// All that it can report is made once, so that reporting is an addition and nothing more.
package final class Telemetry: Sendable, ClusterObserver {
    private let propagation: CoreMetrics.Timer
    private let commands: [CommandResult: Counter]
    private let reuses: [ReuseKind: Counter]
    private let storeTimers: [StoreOperation: [String: CoreMetrics.Timer]]
    private let gauges: [MetricName: Gauge]

    /// What a call of the store comes to.
    private static let outcomes = ["ok"] + StoreError.Code.allCases.map(\.rawValue)

    /// - Parameter factory: where the metrics go; the process's own unless said otherwise.
    package init(factory: any MetricsFactory = MetricsSystem.factory) {
        propagation = Self.timer(.revocationPropagation, [:], factory)
        commands = Dictionary(
            uniqueKeysWithValues: CommandResult.allCases.map {
                ($0, Self.counter(.commands, [.result: $0.rawValue], factory))
            })
        reuses = Dictionary(
            uniqueKeysWithValues: ReuseKind.allCases.map { ($0, Self.counter(.reuse, [.kind: $0.rawValue], factory)) })
        storeTimers = Dictionary(
            uniqueKeysWithValues: StoreOperation.allCases.map { operation in
                let timers = Self.outcomes.map { outcome in
                    let labels: [MetricLabel: String] = [.operation: operation.rawValue, .outcome: outcome]
                    return (outcome, Self.timer(.storeLatency, labels, factory))
                }
                return (operation, Dictionary(uniqueKeysWithValues: timers))
            })
        let gauged: [MetricName] = [
            .watermarkAge, .mirrorEntries, .nodes, .actors, .droppedMarks, .eventStreams,
        ]
        gauges = Dictionary(
            uniqueKeysWithValues: gauged.map { ($0, Gauge(label: $0.rawValue, dimensions: [], factory: factory)) })
    }

    private static func dimensions(_ labels: [MetricLabel: String]) -> [(String, String)] {
        labels.map { ($0.key.rawValue, $0.value) }.sorted { $0.0 < $1.0 }
    }

    private static func counter(
        _ name: MetricName, _ labels: [MetricLabel: String], _ factory: any MetricsFactory
    ) -> Counter {
        Counter(label: name.rawValue, dimensions: dimensions(labels), factory: factory)
    }

    package static func timer(
        _ name: MetricName, _ labels: [MetricLabel: String], _ factory: any MetricsFactory
    ) -> CoreMetrics.Timer {
        CoreMetrics.Timer(
            label: name.rawValue, dimensions: dimensions(labels), preferredDisplayUnit: .seconds, factory: factory)
    }

    // MARK: Reporting

    package func revocationArrived(after delay: Duration) { propagation.recordNanoseconds(delay.nanoseconds) }

    /// A user's actor has answered a command.
    func commandAnswered(_ reply: Reply) {
        commands[CommandResult(reply)]?.increment()
        if case .refused(.reuse(let kind)) = reply { reuses[kind]?.increment() }
    }

    /// A call of the store has ended; `code` is `nil` where it succeeded.
    func storeAnswered(_ operation: StoreOperation, after time: Duration, code: StoreError.Code?) {
        storeTimers[operation]?[code?.rawValue ?? "ok"]?.recordNanoseconds(time.nanoseconds)
    }

    /// Reads what stands at one moment.
    package func sample(_ flow: RequestFlow, keeper: MirrorKeeper?) {
        let now = flow.clock.reading()
        let age = flow.mirror.watermarkAge(at: now)
        gauges[.watermarkAge]?.record(age.map { Double($0.nanoseconds) / 1e9 } ?? -1)
        gauges[.mirrorEntries]?.record(flow.mirror.count)
        gauges[.actors]?.record(flow.actors.count)
        gauges[.droppedMarks]?.record(flow.marks.droppedCount)
        gauges[.eventStreams]?.record(flow.watchers.count)
        gauges[.nodes]?.record((keeper?.knownNodes.count ?? 0) + 1)
    }
}

extension Duration {
    /// The whole nanoseconds, rounded towards zero; saturates.
    package var nanoseconds: Int64 {
        let (seconds, attoseconds) = components
        let (product, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
        return overflow ? (seconds < 0 ? .min : .max) : product + attoseconds / 1_000_000_000
    }
}
