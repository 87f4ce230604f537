import JSON
import Synchronization
import Tracing

/// A span that has ended.
struct EndedSpan: Sendable {
    let trace: TraceContext
    let parent: UInt64?
    let name: String
    let kind: SpanKind
    /// Nanoseconds since 1970, as the end.
    let start: UInt64
    let end: UInt64
    let attributes: SpanAttributes
    let isError: Bool
}

/// The spans that wait to be sent. Bounded: beyond the limit the newest are dropped, and counted; nobody waits.
final class SpanBuffer: Sendable {
    private struct State {
        var spans: [EndedSpan] = []
        var dropped = 0
    }

    private let limit: Int
    private let state = Mutex(State())

    init(limit: Int = 8192) { self.limit = limit }

    func add(_ span: EndedSpan) {
        state.withLock { state in
            if state.spans.count < limit { state.spans.append(span) } else { state.dropped += 1 }
        }
    }

    /// The oldest, so many at most, and how many have been dropped since the last call.
    func take(_ count: Int) -> (spans: [EndedSpan], dropped: Int) {
        state.withLock { state in
            defer {
                state.spans.removeFirst(min(count, state.spans.count))
                state.dropped = 0
            }
            return (Array(state.spans.prefix(count)), state.dropped)
        }
    }
}

/// What an OpenTelemetry collector takes at `/v1/traces`: OTLP over HTTP in JSON (OTLP 1.x, JSON Protobuf encoding).
struct TraceDocument {
    /// As which service the spans are shown.
    let service: String
    /// Which of the service's processes they are from.
    let instance: String
    let version: String

    func body(_ spans: [EndedSpan]) -> JSONObject {
        let resource: SpanAttributes = [
            "service.name": .string(service), "service.instance.id": .string(instance),
            "service.version": .string(version),
        ]
        let scope: JSONObject = [
            "scope": .object(["name": "tessera"]), "spans": .array(spans.map { .object(Self.span($0)) }),
        ]
        return [
            "resourceSpans": .array([
                .object([
                    "resource": .object(["attributes": Self.list(resource)]), "scopeSpans": .array([.object(scope)]),
                ])
            ])
        ]
    }

    /// Identifiers are hexadecimal here, and 64-bit numbers are text.
    private static func span(_ span: EndedSpan) -> JSONObject {
        var object: JSONObject = [
            "traceId": .string(span.trace.trace.text), "spanId": .string(TraceContext.hex(span.trace.span)),
            "name": .string(span.name), "kind": .integer(number(of: span.kind)),
            "startTimeUnixNano": .string(String(span.start)), "endTimeUnixNano": .string(String(span.end)),
            "attributes": list(span.attributes),
        ]
        if let parent = span.parent { object["parentSpanId"] = .string(TraceContext.hex(parent)) }
        if span.isError { object["status"] = .object(["code": 2]) }
        return object
    }

    private static func number(of kind: SpanKind) -> Int64 {
        switch kind {
        case .internal: 1
        case .server: 2
        case .client: 3
        case .producer: 4
        case .consumer: 5
        }
    }

    private static func list(_ attributes: SpanAttributes) -> JSONValue {
        var list: [JSONValue] = []
        attributes.forEach { name, value in
            list.append(.object(["key": .string(name), "value": .object(Self.value(value))]))
        }
        return .array(list)
    }

    private static func value(_ attribute: SpanAttribute) -> JSONObject {
        switch attribute {
        case .int32(let number): ["intValue": .string(String(number))]
        case .int64(let number): ["intValue": .string(String(number))]
        case .double(let number): ["doubleValue": .number(number)]
        case .bool(let value): ["boolValue": .bool(value)]
        case .string(let text): ["stringValue": .string(text)]
        case .stringConvertible(let value): ["stringValue": .string("\(value)")]
        // No span of this program has lists.
        default: ["stringValue": .string("\(attribute)")]
        }
    }
}
