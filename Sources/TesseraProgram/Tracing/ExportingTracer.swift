import Synchronization
import Tracing

/// The program's tracer: gives spans their names in the trace, and what has ended to a buffer, from which it is sent.
///
/// Where the caller says whether his trace is recorded, that counts; of traces that begin here a share is.
final class ExportingTracer: Tracer {
    private let buffer: SpanBuffer
    /// From 0 to 1.
    private let share: Double

    /// - Parameter percent: how many of a hundred traces that begin here are recorded.
    init(buffer: SpanBuffer, percent: Int) {
        self.buffer = buffer
        share = Double(percent) / 100
    }

    func startSpan<Instant: TracerInstant>(
        _ operationName: String, context: @autoclosure () -> ServiceContext, ofKind kind: SpanKind,
        at instant: @autoclosure () -> Instant, function: String, file fileID: String, line: UInt
    ) -> ExportedSpan {
        var context = context()
        let parent = context.trace
        let trace = parent?.trace ?? TraceContext.TraceID(high: Self.newID(), low: Self.newID())
        let isSampled = parent?.isSampled ?? (Double.random(in: 0..<1) < share)
        context.trace = TraceContext(trace: trace, span: Self.newID(), isSampled: isSampled)
        return ExportedSpan(
            operationName, context: context, parent: parent?.span, kind: kind,
            start: instant().nanosecondsSinceEpoch, buffer: isSampled ? buffer : nil)
    }

    private static func newID() -> UInt64 { .random(in: 1 ... .max) }

    /// Spans are sent by themselves, soon.
    func forceFlush() {}

    func extract<Carrier, Extract: Extractor>(
        _ carrier: Carrier, into context: inout ServiceContext, using extractor: Extract
    ) where Extract.Carrier == Carrier {
        guard let text = extractor.extract(key: TraceContext.header, from: carrier),
            let trace = TraceContext(traceparent: text)
        else { return }
        context.trace = trace
    }

    func inject<Carrier, Inject: Injector>(
        _ context: ServiceContext, into carrier: inout Carrier, using injector: Inject
    ) where Inject.Carrier == Carrier {
        guard let trace = context.trace else { return }
        injector.inject(trace.traceparent, forKey: TraceContext.header, into: &carrier)
    }
}

/// A span on its way: what it is told is kept until it ends, and nowhere if its trace is not recorded.
final class ExportedSpan: Tracing.Span {
    let context: ServiceContext
    private let parent: UInt64?
    private let kind: SpanKind
    private let start: UInt64
    private let buffer: SpanBuffer?
    private let state: Mutex<State>

    private struct State {
        var name: String
        var attributes: SpanAttributes = [:]
        var status: SpanStatus?
        var hasEnded = false
    }

    /// - Parameter buffer: takes it when it has ended; `nil` where it is not recorded.
    init(
        _ name: String, context: ServiceContext, parent: UInt64?, kind: SpanKind, start: UInt64, buffer: SpanBuffer?
    ) {
        (self.context, self.parent, self.kind, self.start, self.buffer) = (context, parent, kind, start, buffer)
        state = Mutex(State(name: name))
    }

    var isRecording: Bool { buffer != nil && !state.withLock { $0.hasEnded } }

    var operationName: String {
        get { state.withLock { $0.name } }
        set { change { $0.name = newValue } }
    }

    var attributes: SpanAttributes {
        get { state.withLock { $0.attributes } }
        set { change { $0.attributes = newValue } }
    }

    func setStatus(_ status: SpanStatus) { change { $0.status = status } }

    /// An error's text may hold what a log must not: its type is what is told.
    func recordError<Instant: TracerInstant>(
        _ error: any Error, attributes: SpanAttributes, at instant: @autoclosure () -> Instant
    ) {
        change {
            $0.status = SpanStatus(code: .error)
            $0.attributes["error.type"] = String(describing: type(of: error))
        }
    }

    /// Nothing here tells of events or links.
    func addEvent(_ event: SpanEvent) {}
    func addLink(_ link: SpanLink) {}

    func end<Instant: TracerInstant>(at instant: @autoclosure () -> Instant) {
        guard let buffer, let trace = context.trace else { return }
        let end = instant().nanosecondsSinceEpoch
        let ended = state.withLock { state -> State? in
            if state.hasEnded { return nil }
            state.hasEnded = true
            return state
        }
        guard let ended else { return }
        buffer.add(
            EndedSpan(
                trace: trace, parent: parent, name: ended.name, kind: kind, start: start, end: end,
                attributes: Self.harmless(ended.attributes), isError: ended.status?.code == .error))
    }

    /// What may leave: libraries put whole addresses into their spans, and those of some providers hold a user's token.
    private static func harmless(_ attributes: SpanAttributes) -> SpanAttributes {
        var kept: SpanAttributes = [:]
        attributes.forEach { name, value in if exported.contains(name) { kept[name] = value } }
        return kept
    }

    private static let exported: Set = [
        "http.request.method", "http.response.status_code", "db.system.name", "db.operation.name", "error.type",
        "error.code",
    ]

    private func change(_ body: (inout State) -> Void) {
        guard buffer != nil else { return }
        state.withLock { if !$0.hasEnded { body(&$0) } }
    }
}
