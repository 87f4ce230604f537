internal import Tracing

/// Spans around calls, for a process that traces.
struct Spans: Sendable {
    private let tracer: any Tracer

    /// Nothing where the process does not trace. Its tracer is set up before clients are made, or never.
    init?(_ tracer: (any Tracer)?) {
        let tracer = tracer ?? InstrumentationSystem.tracer
        if tracer is NoOpTracer { return nil }
        self.tracer = tracer
    }

    /// A span of the kind that is recorded for a call to a database (OpenTelemetry's semantic conventions).
    func around<Success: Sendable>(
        _ operation: String, _ body: () async -> Result<Success, RedisError>
    ) async -> Result<Success, RedisError> {
        await Self.around(operation, tracer, body)
    }

    private static func around<Success: Sendable>(
        _ operation: String, _ tracer: some Tracer, _ body: () async -> Result<Success, RedisError>
    ) async -> Result<Success, RedisError> {
        await tracer.withSpan(operation, ofKind: .client) { span in
            span.attributes["db.system.name"] = "redis"
            span.attributes["db.operation.name"] = operation
            let result = await body()
            if case .failure(let error) = result {
                span.attributes["error.type"] = error.code.rawValue
                span.setStatus(SpanStatus(code: .error))
            }
            return result
        }
    }
}
