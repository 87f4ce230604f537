import Configuration
import Foundation
import Yams

/// A configuration file: YAML, of which JSON is a part. Every value is kept as it is written.
struct SettingsFile {
    private(set) var values: [AbsoluteConfigKey: ConfigValue] = [:]
    private(set) var problems: [String] = []

    /// Reads a file. What is wrong with it is in `problems`.
    init(path: String) {
        guard let data = FileManager.default.contents(atPath: path), let text = String(data: data, encoding: .utf8)
        else {
            problems.append("\(path): the file cannot be read")
            return
        }
        do {
            guard let root = try Yams.compose(yaml: text) else { return }
            guard let mapping = root.mapping else {
                problems.append("\(path): settings are written as `name: value`")
                return
            }
            take(mapping, under: [], path: path)
        } catch {
            // The error's own text shows the line that is wrong, which may hold a secret.
            let place = (error as? YamlError).flatMap(Self.place) ?? ""
            problems.append("\(path)\(place): not YAML or JSON")
        }
    }

    private static func place(_ error: YamlError) -> String? {
        switch error {
        case .scanner(_, _, let mark, _), .parser(_, _, let mark, _), .composer(_, _, let mark, _): ":\(mark.line)"
        default: nil
        }
    }

    private mutating func take(_ mapping: Node.Mapping, under parents: [String], path: String) {
        var seen: Set<String> = []
        for (keyNode, node) in mapping {
            let name = (parents + [keyNode.string ?? "?"]).joined(separator: ".")
            if !seen.insert(name).inserted { problems.append("\(path): \(name) is there twice") }
            if let inner = node.mapping {
                take(inner, under: parents + [keyNode.string ?? "?"], path: path)
            } else if !SettingKey.allNames.contains(name) {
                problems.append("\(path): there is no setting \(name)\(Self.suggestion(for: name))")
            } else if let sequence = node.sequence {
                values[AbsoluteConfigKey(name.split(separator: ".").map(String.init))] = ConfigValue(
                    .stringArray(sequence.compactMap(\.string)), isSecret: Self.isSecret(name))
            } else {
                values[AbsoluteConfigKey(name.split(separator: ".").map(String.init))] = ConfigValue(
                    .string(node.string ?? ""), isSecret: Self.isSecret(name))
            }
        }
    }

    private static func isSecret(_ name: String) -> Bool {
        [SettingKey.secret, .secrets, .operatorKey].contains { $0.rawValue == name }
    }

    private static func suggestion(for name: String) -> String {
        let last = name.split(separator: ".").last.map { $0.lowercased() } ?? ""
        let similar = SettingKey.allNames.first { known in
            known.lowercased() == name.lowercased() || known.split(separator: ".").last?.lowercased() == last
        }
        return similar.map { "; \($0) is meant?" } ?? ""
    }
}
