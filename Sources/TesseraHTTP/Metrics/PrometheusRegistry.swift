package import CoreMetrics
import Synchronization

/// Keeps a process's metrics, and writes them in the text format of Prometheus (version 0.0.4).
///
/// A small one of our own (decision 0007): counters, gauges, and histograms with fixed buckets. Bounded: series beyond
/// the limit are counted nowhere.
package final class PrometheusRegistry: MetricsFactory {
    /// One series: a metric with its labels.
    private struct Key: Hashable {
        let name: String
        let labels: [Label]
    }

    private struct Label: Hashable {
        let name: String
        let value: String
    }

    private enum Series: Sendable {
        case counter(PrometheusCounter)
        case gauge(PrometheusGauge)
        case histogram(PrometheusHistogram)
    }

    /// The most series.
    private static let limit = 5000
    private let series = Mutex<[Key: Series]>([:])
    private let help: [String: String]

    /// - Parameter help: what metrics say, by their names.
    package init(help: [String: String] = [:]) { self.help = help }

    private static func key(_ label: String, _ dimensions: [(String, String)]) -> Key {
        let labels = dimensions.map { Label(name: name($0.0), value: $0.1) }.sorted { $0.name < $1.name }
        return Key(name: name(label), labels: labels)
    }

    /// A name that the format allows: what it does not is replaced by `_`.
    private static func name(_ text: String) -> String {
        var name = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "a"..."z", "A"..."Z", "_", ":": name.unicodeScalars.append(scalar)
            case "0"..."9" where !name.isEmpty: name.unicodeScalars.append(scalar)
            default: name.append("_")
            }
        }
        return name
    }

    /// The series of this name, made where there is none. One that nobody sees where the name is another kind's.
    private func find(_ label: String, _ dimensions: [(String, String)], orMake made: Series) -> Series {
        let key = Self.key(label, dimensions)
        return series.withLock { series in
            if let found = series[key] { return found }
            if series.count < Self.limit { series[key] = made }
            return made
        }
    }

    private func gauge(_ label: String, _ dimensions: [(String, String)]) -> PrometheusGauge {
        let made = PrometheusGauge()
        guard case .gauge(let gauge) = find(label, dimensions, orMake: .gauge(made)) else { return made }
        return gauge
    }

    private func histogram(_ label: String, _ dimensions: [(String, String)]) -> PrometheusHistogram {
        let made = PrometheusHistogram()
        guard case .histogram(let found) = find(label, dimensions, orMake: .histogram(made)) else { return made }
        return found
    }

    // MARK: Making

    package func makeCounter(label: String, dimensions: [(String, String)]) -> any CounterHandler {
        let made = PrometheusCounter()
        guard case .counter(let counter) = find(label, dimensions, orMake: .counter(made)) else { return made }
        return counter
    }

    package func makeMeter(label: String, dimensions: [(String, String)]) -> any MeterHandler {
        gauge(label, dimensions)
    }

    package func makeRecorder(label: String, dimensions: [(String, String)], aggregate: Bool) -> any RecorderHandler {
        if aggregate { histogram(label, dimensions) } else { gauge(label, dimensions) }
    }

    package func makeTimer(label: String, dimensions: [(String, String)]) -> any TimerHandler {
        histogram(label, dimensions)
    }

    /// Series stay: a counter that went away would look like a restart.
    package func destroyCounter(_ handler: any CounterHandler) {}
    package func destroyMeter(_ handler: any MeterHandler) {}
    package func destroyRecorder(_ handler: any RecorderHandler) {}
    package func destroyTimer(_ handler: any TimerHandler) {}

    // MARK: Writing

    /// The media type of `text()`.
    package static let contentType = "text/plain; version=0.0.4; charset=utf-8"

    /// Everything, in the order of names and labels.
    package func text() -> String {
        var families: [String: Family] = [:]
        for (key, series) in series.withLock({ $0 }) {
            let labels = Self.text(key.labels)
            switch series {
            case .counter(let counter):
                let name = key.name.hasSuffix("_total") ? key.name : key.name + "_total"
                families[name, default: Family(type: "counter")].lines[labels] = ["\(name)\(labels) \(counter.value)"]
            case .gauge(let gauge):
                families[key.name, default: Family(type: "gauge")].lines[labels] = [
                    "\(key.name)\(labels) \(gauge.value)"
                ]
            case .histogram(let histogram):
                families[key.name, default: Family(type: "histogram")].lines[labels] = Self.lines(
                    histogram.reading, key)
            }
        }
        return families.sorted { $0.key < $1.key }.map { name, family in
            let lines = family.lines.sorted { $0.key < $1.key }.flatMap(\.value)
            return header(name, family.type) + lines.joined(separator: "\n") + "\n"
        }.joined()
    }

    /// All series of one name: their lines, by their labels.
    private struct Family {
        let type: String
        var lines: [String: [String]] = [:]
    }

    private func header(_ name: String, _ type: String) -> String {
        let said = help[name] ?? (name.hasSuffix("_total") ? help[String(name.dropLast("_total".count))] : nil)
        return (said.map { "# HELP \(name) \(Self.escaped($0, quotes: false))\n" } ?? "") + "# TYPE \(name) \(type)\n"
    }

    private static func lines(_ reading: PrometheusHistogram.Reading, _ key: Key) -> [String] {
        var lines: [String] = []
        var sum: UInt64 = 0
        for (bound, count) in zip(PrometheusHistogram.boundNames, reading.counts) {
            sum += count
            lines.append("\(key.name)_bucket\(text(key.labels + [Label(name: "le", value: bound)])) \(sum)")
        }
        lines.append("\(key.name)_sum\(text(key.labels)) \(reading.sum)")
        lines.append("\(key.name)_count\(text(key.labels)) \(sum)")
        return lines
    }

    private static func text(_ labels: [Label]) -> String {
        if labels.isEmpty { return "" }
        return "{" + labels.map { "\($0.name)=\"\(escaped($0.value, quotes: true))\"" }.joined(separator: ",") + "}"
    }

    private static func escaped(_ text: String, quotes: Bool) -> String {
        var escaped = ""
        for character in text {
            switch character {
            case "\\": escaped += "\\\\"
            case "\n": escaped += "\\n"
            case "\"" where quotes: escaped += "\\\""
            default: escaped.append(character)
            }
        }
        return escaped
    }
}
