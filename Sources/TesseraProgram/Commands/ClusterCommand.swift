import ArgumentParser
import Foundation
import NIOHTTP1
import Tessera

/// `tessera cluster`: asks a running node what it knows of the others.
struct ClusterCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "cluster", abstract: "See the nodes that share a store.",
        discussion: """
            Asks the operator's API, which the node serves when it has an operator key; the same key must be in the \
            variable TESSERA_OPERATOR_KEY here.
            """,
        subcommands: [StatusCommand.self])

    /// `tessera cluster status`
    struct StatusCommand: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "status",
            abstract: "Show the nodes, how old their knowledge is, and how long revocations take to reach this one.")

        @OptionGroup var node: OperatorClient

        mutating func run() async throws {
            print(ClusterReport(try await node.send(.GET, "cluster")).text)
        }
    }
}

/// What `GET /v1/cluster` says, in words and columns.
struct ClusterReport {
    private let answer: JSONObject

    init(_ answer: JSONObject) { self.answer = answer }

    var text: String {
        guard answer["isCluster"] == .bool(true) else {
            return "One node on a store of its own; \(number("mirrorEntries", answer)) revocations in its mirror."
        }
        var parts = [summary, table(of: nodes)]
        if let times = answer["propagation"]?.object {
            parts.append(
                "Of the last \(number("count", times)) revocations of other nodes, half were here within "
                    + "\(number("medianMilliseconds", times)) ms, 99 % within "
                    + "\(number("percentile99Milliseconds", times)) ms, all within "
                    + "\(number("maximumMilliseconds", times)) ms.")
        }
        return parts.joined(separator: "\n")
    }

    private var summary: String {
        let trust =
            answer["isTrusted"] == .bool(true) ? "trusts its mirror" : "does not trust its mirror, asks the store"
        let links = answer["links"]?.array?.compactMap(\.object) ?? []
        let primaries = links.map { "\($0["primary"]?.string ?? "?") (\($0["state"]?.string ?? "?"))" }
        return "Node \(answer["node"]?.string ?? "?") \(trust). Primaries: "
            + (primaries.isEmpty ? "none reached." : primaries.joined(separator: ", ") + ".")
    }

    private var nodes: [[String]] {
        let nodes = answer["nodes"]?.array?.compactMap(\.object) ?? []
        return nodes.map { node in
            let age = node["watermarkAgeMilliseconds"]?.integer.map { "\($0) ms" } ?? "untrusted"
            return [
                node["id"]?.string ?? "", node["address"]?.string ?? "", node["version"]?.string ?? "", age,
                node["unitedIn"] == nil ? "not done" : "done",
                number("mirrorEntries", node), number("actors", node),
            ]
        }
    }

    private func table(of rows: [[String]]) -> String {
        guard !rows.isEmpty else { return "No primary could be asked for the nodes." }
        let all = [["node", "address", "version", "watermark age", "union", "revocations", "actors"]] + rows
        let widths = all[0].indices.map { column in all.map { $0[column].count }.max() ?? 0 }
        return all.map { row in
            zip(row, widths).map { $0.padding(toLength: $1, withPad: " ", startingAt: 0) }
                .joined(separator: "  ").trimmingCharacters(in: .whitespaces)
        }.joined(separator: "\n")
    }

    private func number(_ name: String, _ object: JSONObject) -> String {
        object[name]?.integer.map(String.init) ?? "?"
    }
}
