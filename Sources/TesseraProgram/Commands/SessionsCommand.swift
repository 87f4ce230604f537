import ArgumentParser
import AsyncHTTPClient
import Foundation
import NIOCore
import NIOHTTP1
import Tessera

/// `tessera sessions`: asks a running node's operator API.
struct SessionsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sessions", abstract: "See and end sessions of a running node.",
        discussion: """
            Asks the operator's API, which the node serves when it has an operator key; the same key must be in the \
            variable TESSERA_OPERATOR_KEY here.
            """,
        subcommands: [ListCommand.self, RevokeCommand.self])

    /// `tessera sessions list`
    struct ListCommand: AsyncParsableCommand {
        static let configuration = CommandConfiguration(commandName: "list", abstract: "List a user's sessions.")

        @OptionGroup var node: OperatorClient
        @Argument(help: "The user: the sub of his tokens.") var user: String

        mutating func run() async throws {
            let answer = try await node.send(.GET, "users/\(OperatorClient.segment(user))/sessions")
            let sessions = answer["sessions"]?.array?.compactMap(\.object) ?? []
            if sessions.isEmpty { return print("\(user) has no session.") }
            let names = ["id", "lastSeen", "created", "device", "network"]
            let rows = [names] + sessions.map { session in names.map { session[$0]?.string ?? "" } }
            let widths = names.indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
            for row in rows {
                let cells = zip(row, widths).map { $0.padding(toLength: $1, withPad: " ", startingAt: 0) }
                print(cells.joined(separator: "  ").trimmingCharacters(in: .whitespaces))
            }
        }
    }

    /// `tessera sessions revoke`
    struct RevokeCommand: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "revoke", abstract: "End a session, all sessions of a user, or everybody's.")

        @OptionGroup var node: OperatorClient
        @Argument(help: "The user: the sub of his tokens.") var user: String?
        // Unconditional: a session's id may begin with a dash.
        @Option(parsing: .unconditional, help: "Only this session.") var session: String?
        @Flag(help: "Everybody's sessions.") var everybody = false
        @Option(help: "Why; stands in the node's log.") var reason: String?

        func validate() throws {
            if everybody == (user != nil) { throw ValidationError("Name either a user or --everybody.") }
            if everybody, session != nil { throw ValidationError("--session goes with a user.") }
        }

        mutating func run() async throws {
            var body = JSONObject()
            body["reason"] = reason.map(JSONValue.string)
            let answer: JSONObject
            if everybody {
                body["confirm"] = "everybody"
                answer = try await node.send(.POST, "everybody/revoke", body)
            } else if let user, let session {
                let path = "users/\(OperatorClient.segment(user))/sessions/\(OperatorClient.segment(session))"
                answer = try await node.send(.DELETE, path, body)
            } else {
                answer = try await node.send(.POST, "users/\(OperatorClient.segment(user ?? ""))/revoke", body)
            }
            let ended = answer["ended"]?.array?.compactMap(\.string) ?? []
            if everybody { return print("All sessions of everybody ended.") }
            if let session, ended.isEmpty { return print("\(session) is not known here; blocked all the same.") }
            print("\(ended.count) \(ended.count == 1 ? "session" : "sessions") ended.")
            for session in ended { print(session) }
        }
    }
}

/// Where the operator's API of the running node is, and how to ask it.
struct OperatorClient: ParsableArguments {
    @Option(name: .customLong("operator-url"), help: "The operator's API of the node.")
    var url = "http://127.0.0.1:3001"

    /// Sends a request and returns the JSON of the answer.
    func send(_ method: HTTPMethod, _ path: String, _ body: JSONObject? = nil) async throws -> JSONObject {
        guard let key = ProcessInfo.processInfo.environment["TESSERA_OPERATOR_KEY"], !key.isEmpty else {
            throw SettingsProblems(["set the variable TESSERA_OPERATOR_KEY to the node's operator key"])
        }
        var request = HTTPClientRequest(url: "\(url)/v1/\(path)")
        request.method = method
        request.headers.add(name: "Authorization", value: "Bearer \(key)")
        if let body {
            request.headers.add(name: "Content-Type", value: "application/json")
            request.body = .bytes(ByteBuffer(bytes: body.serialized()))
        }
        let response: HTTPClientResponse
        let bytes: ByteBuffer
        do {
            response = try await HTTPClient.shared.execute(request, timeout: .seconds(10))
            bytes = try await response.body.collect(upTo: 1 << 24)
        } catch {
            throw SettingsProblems([
                "no answer from the operator's API at \(url): is the node running with its key set?"
            ])
        }
        let answer = (try? JSONObject(parsing: Array(bytes.readableBytesView))) ?? JSONObject()
        guard (200..<300).contains(response.status.code) else {
            let code = answer["error"]?.string ?? "status \(response.status.code)"
            throw SettingsProblems(["\(code): \(answer["message"]?.string ?? "the node refused")"])
        }
        return answer
    }

    /// A text as one segment of a path.
    static func segment(_ text: String) -> String {
        text.addingPercentEncoding(withAllowedCharacters: .alphanumerics.union(CharacterSet(charactersIn: "-_.~")))
            ?? text
    }
}
