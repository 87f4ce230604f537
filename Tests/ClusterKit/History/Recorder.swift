import Synchronization

/// Writes down what clients do, from any number of tasks at once.
package final class Recorder: Sendable {
    private let start = ContinuousClock.now
    private let history = Mutex(History())
    private let keeps: Bool

    /// - Parameter keeps: whether anything is kept; a benchmark does not want it.
    package init(keeps: Bool = true) { self.keeps = keeps }

    /// The time since the beginning, by a clock that is never set.
    package var now: Duration { ContinuousClock.now - start }

    /// What has been written down so far.
    package var soFar: History { history.withLock { $0 } }

    /// Writes down an operation that begins and ends with `body`, and returns what came of it.
    @discardableResult
    package func record(
        _ action: ClientOperation.Action, at node: Int, _ body: () async -> ClientOperation.Outcome
    ) async -> ClientOperation.Outcome {
        let invoked = now
        let outcome = await body()
        guard keeps else { return outcome }
        let operation = ClientOperation(action, at: node, invoked: invoked, returned: now, outcome)
        history.withLock { $0.operations.append(operation) }
        return outcome
    }

    /// Writes down what a test did to the cluster.
    package func note(_ event: History.Event) { history.withLock { $0.events.append(event) } }
}
