import HTTPTypes
import Hummingbird
import JSON
import Logging
import NIOCore
import Synchronization
import TesseraCore
import TesseraTestKit

/// A request as a server saw it.
struct SeenRequest: Sendable {
    let method: String
    /// Decoded path, without query.
    let path: String
    let query: [(name: String, value: String)]
    let headers: [String: String]
    let body: [UInt8]

    func query(_ name: String) -> String? { query.first { $0.name == name }?.value }

    var form: [String: String] {
        Dictionary(
            PercentEncoding.decodeForm(String(decoding: body, as: UTF8.self)).map { ($0.name, $0.value) },
            uniquingKeysWith: { first, _ in first })
    }

    /// User and password of HTTP's Basic authentication, form-decoded.
    var basic: [String]? {
        guard let value = headers["authorization"], value.hasPrefix("Basic "),
            let bytes = Self.base64(value.dropFirst(6))
        else { return nil }
        return String(decoding: bytes, as: UTF8.self).split(separator: ":", omittingEmptySubsequences: false).map {
            PercentEncoding.decode($0, plusIsSpace: true) ?? String($0)
        }
    }

    private static func base64(_ text: Substring) -> [UInt8]? {
        let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
        var bits = 0
        var count = 0
        var bytes: [UInt8] = []
        for character in text.utf8 where character != UInt8(ascii: "=") {
            guard let value = alphabet.firstIndex(of: character) else { return nil }
            bits = bits << 6 | value
            count += 6
            if count >= 8 {
                count -= 8
                bytes.append(UInt8(bits >> count & 0xFF))
            }
        }
        return bytes
    }
}

/// What a server answers.
struct Canned: Sendable {
    var status = 200
    var headers: [(String, String)] = [("Content-Type", "application/json")]
    var body: [UInt8] = []

    static func json(_ value: JSONValue, status: Int = 200) -> Canned {
        Canned(status: status, body: value.serialized())
    }

    static func text(_ text: String, type: String = "text/html", status: Int = 200) -> Canned {
        Canned(status: status, headers: [("Content-Type", type)], body: Array(text.utf8))
    }

    static func redirect(_ url: String, status: Int = 307) -> Canned {
        Canned(status: status, headers: [("Location", url)])
    }
}

/// Runs a test beside a server on a free loopback port, which answers with a closure.
func withServer(
    _ respond: @escaping @Sendable (SeenRequest) async -> Canned, _ test: (Int) async throws -> Void
) async throws {
    let (ports, announcement) = AsyncStream.makeStream(of: Int.self)
    let responder = CallbackResponder<BasicRequestContext> { request, _ in
        let body = try await request.body.collect(upTo: 1 << 22)
        let query = request.uri.query.map { PercentEncoding.decodeForm($0) } ?? []
        let headers = request.headers.reduce(into: [String: String]()) { $0[$1.name.canonicalName] = $1.value }
        let canned = await respond(
            SeenRequest(
                method: request.method.rawValue,
                path: PercentEncoding.decode(request.uri.path) ?? request.uri.path, query: query, headers: headers,
                body: Array(body.readableBytesView)))
        var fields = HTTPFields()
        for (name, value) in canned.headers { if let name = HTTPField.Name(name) { fields[name] = value } }
        return Response(
            status: .init(code: canned.status), headers: fields,
            body: .init(byteBuffer: ByteBuffer(bytes: canned.body)))
    }
    let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
    let application = Application(
        responder: responder,
        configuration: ApplicationConfiguration(address: .hostname("127.0.0.1", port: 0), serverName: nil),
        onServerRunning: { announcement.yield($0.localAddress?.port ?? 0) }, logger: logger)
    try await running(application, logger: logger) { try await test(await ports.first { _ in true } ?? 0) }
}

/// A value that several tasks read and change.
final class Shared<Value: Sendable>: Sendable {
    private let held: Mutex<Value>

    init(_ value: Value) { held = Mutex(value) }

    var value: Value { held.withLock { $0 } }

    func change<Result: Sendable>(_ body: @Sendable (inout Value) -> Result) -> Result {
        held.withLock { body(&$0) }
    }
}
