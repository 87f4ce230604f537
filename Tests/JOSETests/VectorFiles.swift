import Foundation
import JOSE
import JSON
import Testing

/// The files in `Vectors`.
enum VectorFiles {
    static func object(_ name: String) throws -> JSONObject {
        let url = try #require(Bundle.module.url(forResource: "Vectors/\(name)", withExtension: "json"))
        return try JSONObject(parsing: Array(Data(contentsOf: url)))
    }

    /// Files of tokens by keys; a file that cannot be read fails in `VectorTests.filesAreComplete`.
    static let libraries = ["joserfc", "jwcrypto"]
    static let all = libraries + ["ours"]

    static let sealed = all.flatMap { name in (try? LibraryVectors(name).sealed) ?? [] }
    static let signed = all.flatMap { name in (try? LibraryVectors(name).signed) ?? [] }
    /// Sealed and signed tokens that others made.
    static let foreign = (sealed + signed).filter { $0.file != "ours" }
}

/// One token of a file.
struct TokenVector: Sendable, CustomTestStringConvertible {
    let file: String
    let alg: String
    let enc: String?
    let keyName: String
    let key: JWK
    let payload: [UInt8]
    let token: String

    var testDescription: String { [file, alg, enc, keyName].compactMap(\.self).joined(separator: " ") }
}

/// A file made by `make_vectors.py`, or of the same form.
struct LibraryVectors {
    let keys: [String: JWK]
    let signed: [TokenVector]
    let sealed: [TokenVector]
    let unsupported: [JSONValue]

    init(_ name: String) throws {
        let file = try VectorFiles.object(name)
        let payload = try file.bytes("payload")
        var keys: [String: JWK] = [:]
        for member in try file.object("keys").members {
            keys[member.name] = try JWK(#require(member.value.object))
        }
        self.keys = keys
        unsupported = file["unsupported"]?.array ?? []
        func tokens(_ kind: String) throws -> [TokenVector] {
            try file.objects(kind).map { entry in
                let keyName = try entry.text("key")
                return try TokenVector(
                    file: name, alg: entry.text("alg"), enc: entry["enc"]?.string, keyName: keyName,
                    key: #require(keys[keyName]), payload: payload, token: entry.text("token"))
            }
        }
        signed = try tokens("signed")
        sealed = try tokens("sealed")
    }
}

extension JSONObject {
    /// The text of a member, which a test needs.
    func text(_ name: String) throws -> String { try #require(self[name]?.string, "\(name) is no text") }

    /// The object of a member, which a test needs.
    func object(_ name: String) throws -> JSONObject { try #require(self[name]?.object, "\(name) is no object") }

    /// The objects of a member, which a test needs.
    func objects(_ name: String) throws -> [JSONObject] {
        try #require(self[name]?.array, "\(name) is no array").map { try #require($0.object) }
    }

    /// The bytes of a member in base64url, which a test needs.
    func bytes(_ name: String) throws -> [UInt8] {
        let text = try text(name)
        return try #require(Base64URL.decode(text), "\(name) is not base64url")
    }
}
