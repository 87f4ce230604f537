import Configuration
import Foundation
import Yams

/// A configuration file: YAML, of which JSON is a part. Every value is kept as it is written.
struct SettingsFile {
    let path: String
    private(set) var values: [AbsoluteConfigKey: ConfigValue] = [:]
    /// What stands under `providers`, by the providers' ids, in its order.
    private(set) var providers: [(id: String, members: Node.Mapping)] = []
    private(set) var problems: [String] = []
    /// Whether nothing at all could be read, so that what else is wrong cannot be told.
    private(set) var isUnreadable = false

    /// Reads a file. What is wrong with it is in `problems`.
    init(path: String) {
        self.path = path
        read()
    }

    private mutating func read() {
        guard let data = FileManager.default.contents(atPath: path) else {
            return refuse("\(path): there is no such file, or it may not be read")
        }
        guard let text = String(data: data, encoding: .utf8) else {
            return refuse("\(path): is not a text in UTF-8")
        }
        do {
            guard let root = try Yams.compose(yaml: text), root.null == nil else { return }
            guard let mapping = root.mapping else {
                return refuse("\(path): settings are written as `name: value`, one a line")
            }
            take(mapping, under: [])
        } catch {
            refuse(Self.problem(error, path: path))
        }
    }

    private mutating func refuse(_ problem: String) {
        problems.append(problem)
        isUnreadable = true
    }

    /// The parser's own text shows the line that is wrong, which may hold a secret: only its place is told.
    private static func problem(_ error: any Error, path: String) -> String {
        switch error as? YamlError {
        case .scanner(_, _, let mark, _), .parser(_, _, let mark, _), .composer(_, _, let mark, _):
            "\(path):\(mark.line): this line, or the one before it, is neither YAML nor JSON"
        case .duplicatedKeysInMapping(let names, let context):
            "\(path):\(context.mark.line): \(names.joined(separator: ", ")) is there twice"
        default: "\(path): is neither YAML nor JSON"
        }
    }

    private mutating func take(_ mapping: Node.Mapping, under parents: [String]) {
        for (keyNode, node) in mapping {
            let path = parents + [keyNode.string ?? "?"]
            let name = path.joined(separator: ".")
            if path == ["providers"] {
                takeProviders(node)
            } else if let inner = node.mapping {
                take(inner, under: path)
            } else if SettingKey.allNames.contains(name) {
                take(node, named: name)
            } else {
                let suggestion = SettingKey.suggestion(for: name).map { "; \($0) is meant?" } ?? ""
                problems.append("\(self.path): there is no setting \(name)\(suggestion)")
            }
        }
    }

    private mutating func takeProviders(_ node: Node) {
        guard let mapping = node.mapping else {
            if node.null == nil { problems.append("\(path): providers are written as `name: {clientId: …}`") }
            return
        }
        for (keyNode, node) in mapping {
            let id = keyNode.string ?? "?"
            if let members = node.mapping {
                providers.append((id, members))
            } else if node.null != nil {
                providers.append((id, [:]))
            } else {
                problems.append("\(path): providers.\(id) is written as `\(id): {clientId: …}`")
            }
        }
    }

    private mutating func take(_ node: Node, named name: String) {
        // Written, but left empty: as if it were not there.
        if node.null != nil { return }
        let key = AbsoluteConfigKey(name.split(separator: ".").map(String.init))
        let isSecret = SettingKey.isSecret(name)
        switch (node.sequence, SettingKey.isList(name)) {
        case (let sequence?, true):
            let texts = sequence.compactMap { $0.null == nil ? $0.scalar?.string : nil }
            if texts.count < sequence.count { problems.append("\(path): \(name) is a list of texts") }
            values[key] = ConfigValue(.stringArray(texts), isSecret: isSecret)
        case (.some, false): problems.append("\(path): \(name) is one value, not a list")
        case (nil, true):
            values[key] = ConfigValue(.stringArray([node.scalar?.string ?? ""]), isSecret: isSecret)
        case (nil, false): values[key] = ConfigValue(.string(node.scalar?.string ?? ""), isSecret: isSecret)
        }
    }
}
