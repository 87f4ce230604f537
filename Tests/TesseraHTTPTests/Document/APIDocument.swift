import Foundation
import HTTPTypes
import Testing
import Yams

/// `Docs/openapi.yaml`, as far as the tests read it.
struct APIDocument {
    /// An operation of the document.
    struct Operation {
        let method: HTTPRequest.Method
        /// The path as it stands in the document.
        let template: String
        let id: String
        /// By status.
        let responses: [Int: Response]

        var name: String { "\(method.rawValue) \(template)" }
    }

    struct Response {
        /// The media types that may come; none where there is no body.
        let types: Set<String>
        /// The headers that have to be there.
        let requiredHeaders: Set<String>
    }

    let operations: [Operation]
    /// The values that `error` may have.
    let errorCodes: Set<String>

    init() throws {
        let file = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent().appending(path: "Docs/openapi.yaml")
        let root = try #require(try Yams.load(yaml: String(contentsOf: file, encoding: .utf8)) as? [String: Any])
        let reader = Reader(root: root)
        var operations: [Operation] = []
        for (template, item) in try #require(root["paths"] as? [String: [String: Any]]) {
            for (key, value) in item {
                guard let method = Self.methods[key] else { continue }
                operations.append(try reader.operation(method, template, try #require(value as? [String: Any])))
            }
        }
        self.operations = operations.sorted { $0.name < $1.name }
        let error = try reader.object(at: "#/components/schemas/Error")
        let code = (error["properties"] as? [String: [String: Any]])?["error"]
        errorCodes = Set(try #require(code?["enum"] as? [String]))
    }

    private static let methods: [String: HTTPRequest.Method] = [
        "get": .get, "post": .post, "delete": .delete, "put": .put, "patch": .patch, "head": .head,
    ]

    private struct Reader {
        let root: [String: Any]

        /// Follows a reference within the document.
        func object(at reference: String) throws -> [String: Any] {
            var value: Any = root
            for name in reference.split(separator: "/").dropFirst() {
                value = try #require((value as? [String: Any])?[String(name)], "\(reference) leads nowhere")
            }
            return try #require(value as? [String: Any])
        }

        func resolved(_ value: Any) throws -> [String: Any] {
            let object = try #require(value as? [String: Any])
            guard let reference = object["$ref"] as? String else { return object }
            return try self.object(at: reference)
        }

        func operation(_ method: HTTPRequest.Method, _ template: String, _ value: [String: Any]) throws -> Operation {
            var responses: [Int: Response] = [:]
            for (status, response) in try #require(value["responses"] as? [String: Any]) {
                responses[try #require(Int(status))] = try self.response(response)
            }
            let id = try #require(value["operationId"] as? String)
            return Operation(method: method, template: template, id: id, responses: responses)
        }

        private func response(_ value: Any) throws -> Response {
            let object = try resolved(value)
            var required: Set<String> = []
            for (name, header) in object["headers"] as? [String: Any] ?? [:] {
                if try resolved(header)["required"] as? Bool == true { required.insert(name) }
            }
            let content = object["content"] as? [String: Any] ?? [:]
            for schema in content.values { try check(schema) }
            return Response(types: Set(content.keys), requiredHeaders: required)
        }

        /// Every reference below leads somewhere.
        private func check(_ value: Any) throws {
            if let object = value as? [String: Any] {
                if let reference = object["$ref"] as? String { _ = try self.object(at: reference) }
                for member in object.values { try check(member) }
            } else if let list = value as? [Any] {
                for element in list { try check(element) }
            }
        }
    }
}
