internal import Tracing

/// Spans around commands, where the process traces.
enum Spans {
    /// Whether a tracer has been set up. It is before clients are made, or never.
    static var isTracing: Bool { !(InstrumentationSystem.tracer is NoOpTracer) }

    /// A span of the kind that is recorded for a call to a database (OpenTelemetry's semantic conventions).
    static func around<Success: Sendable>(
        _ operation: String, _ body: () async -> Result<Success, RedisError>
    ) async -> Result<Success, RedisError> {
        await withSpan(operation, ofKind: .client) { span in
            span.attributes["db.system.name"] = "redis"
            span.attributes["db.operation.name"] = operation
            let result = await body()
            if case .failure(let error) = result {
                span.attributes["error.type"] = error.code.rawValue
                span.setStatus(.init(code: .error))
            }
            return result
        }
    }
}
