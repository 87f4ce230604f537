import Tracing

/// Which span of which trace this is, across processes (W3C Trace Context, level 1, section 3.2).
struct TraceContext: Sendable, Hashable {
    /// 128 bits, not all zero.
    let trace: TraceID
    /// Not zero.
    let span: UInt64
    /// Whether what belongs to the trace is recorded.
    let isSampled: Bool

    struct TraceID: Sendable, Hashable {
        let high: UInt64
        let low: UInt64

        var text: String { TraceContext.hex(high) + TraceContext.hex(low) }
    }

    /// The name of the header.
    static let header = "traceparent"

    init(trace: TraceID, span: UInt64, isSampled: Bool) {
        (self.trace, self.span, self.isSampled) = (trace, span, isSampled)
    }

    /// Reads the header; `nil` for one that is none. Later versions may have more at the end.
    init?(traceparent text: String) {
        let parts = text.split(separator: "-", maxSplits: 4, omittingEmptySubsequences: false)
        guard parts.count >= 4, parts[0].utf8.count == 2, parts[0] != "ff", parts[0] != "00" || parts.count == 4,
            Self.number(parts[0]) != nil, parts[1].utf8.count == 32, parts[2].utf8.count == 16,
            parts[3].utf8.count == 2, let high = Self.number(parts[1].prefix(16)),
            let low = Self.number(parts[1].suffix(16)), let span = Self.number(parts[2]),
            let flags = Self.number(parts[3]), high | low != 0, span != 0
        else { return nil }
        self.init(trace: TraceID(high: high, low: low), span: span, isSampled: flags & 1 == 1)
    }

    /// The header's value.
    var traceparent: String { "00-\(trace.text)-\(Self.hex(span))-\(isSampled ? "01" : "00")" }

    /// Small letters only, as the standard wants them.
    private static func number(_ text: Substring) -> UInt64? {
        let isHex = text.utf8.allSatisfy { (0x30...0x39).contains($0) || (0x61...0x66).contains($0) }
        return isHex ? UInt64(text, radix: 16) : nil
    }

    /// 16 digits.
    static func hex(_ number: UInt64) -> String {
        let digits = String(number, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }
}

private enum TraceContextKey: ServiceContextKey {
    typealias Value = TraceContext
    static var nameOverride: String? { "trace" }
}

extension ServiceContext {
    /// Where in a trace this is.
    var trace: TraceContext? {
        get { self[TraceContextKey.self] }
        set { self[TraceContextKey.self] = newValue }
    }
}
