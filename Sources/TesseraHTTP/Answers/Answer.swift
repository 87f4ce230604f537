import HTTPTypes
import Hummingbird
import JSON
import NIOCore
import TesseraCore

/// What the API answers, before it is written as HTTP (contract 1.4).
struct Answer: Sendable {
    enum Content: Sendable {
        case nothing
        case json([UInt8])
        case html(String)
        case text(String)
        case redirect(String)
        /// A body of this type that is written bit by bit.
        case stream(String, ResponseBody)
    }

    /// `nil` for what goes without saying: 200, or 302 for a redirect.
    var status: HTTPResponse.Status?
    var content: Content
    var cookies: [SetCookie] = []
    var headers: HTTPFields = [:]

    init(_ content: Content, status: HTTPResponse.Status? = nil, headers: HTTPFields = [:]) {
        self.content = content
        self.status = status
        self.headers = headers
    }

    static func json(_ object: JSONObject, status: HTTPResponse.Status? = nil) -> Answer {
        Answer(.json(object.serialized()), status: status)
    }

    /// An error that a program can tell by its code.
    static func error(
        _ code: String, _ message: String, status: HTTPResponse.Status, headers: HTTPFields = [:]
    ) -> Answer {
        let body: JSONObject = ["error": .string(code), "message": .string(message)]
        return Answer(.json(body.serialized()), status: status, headers: headers)
    }

    /// Forbids every cache to keep the answer (contract 1.5).
    mutating func forbidStoring() {
        // Made once where there is nothing else: every session check has them.
        guard !headers.isEmpty else { return headers = Self.notStored }
        for field in Self.notStored { headers[field.name] = field.value }
    }

    private static let notStored: HTTPFields = [
        .cacheControl: "private, no-cache, no-store", .pragma: "no-cache", .expires: "0",
    ]

    /// How many seconds a 503 asks to wait.
    static let retryAfter = 2

    /// The HTTP response. With `asJSON`, a redirect becomes `{"url": …}` with the status that it stands for. Every 503
    /// says when to try again.
    func response(asJSON: Bool) -> Response {
        var response = content(asJSON: asJSON)
        if response.status == .serviceUnavailable { response.headers[.retryAfter] = "\(Self.retryAfter)" }
        return response
    }

    private func content(asJSON: Bool) -> Response {
        var fields = headers
        for cookie in cookies { fields.append(HTTPField(name: .setCookie, value: cookie.header)) }
        // Appended, not set: no answer brings these two itself, and looking for them takes longer.
        fields.append(HTTPField(name: .xContentTypeOptions, value: "nosniff"))
        switch content {
        case .nothing:
            return Response(status: status ?? .ok, headers: fields, body: ResponseBody(byteBuffer: ByteBuffer()))
        case .json(let bytes): return Self.response(status ?? .ok, fields, "application/json", bytes)
        case .html(let text): return Self.response(status ?? .ok, fields, "text/html; charset=utf-8", Array(text.utf8))
        case .text(let text): return Self.response(status ?? .ok, fields, "text/plain; charset=utf-8", Array(text.utf8))
        case .stream(let type, let body):
            fields[.contentType] = type
            return Response(status: status ?? .ok, headers: fields, body: body)
        case .redirect(let target) where asJSON:
            let body: JSONObject = ["url": .string(target)]
            return Self.response(status ?? .ok, fields, "application/json", body.serialized())
        case .redirect(let target):
            fields[.location] = PercentEncoding.encodeUnsafe(target)
            return Response(status: .found, headers: fields, body: ResponseBody(byteBuffer: ByteBuffer()))
        }
    }

    private static func response(
        _ status: HTTPResponse.Status, _ headers: HTTPFields, _ type: String, _ bytes: [UInt8]
    ) -> Response {
        var headers = headers
        headers.append(HTTPField(name: .contentType, value: type))
        return Response(status: status, headers: headers, body: ResponseBody(byteBuffer: ByteBuffer(bytes: bytes)))
    }
}

extension Response {
    /// The response without its body where the request must not get one (RFC 9110, section 9.3.2).
    func fitting(_ request: Request) -> Response { request.method == .head ? createHeadResponse() : self }
}

extension HTTPField.Name {
    static let pragma = HTTPField.Name.known("Pragma")
    static let expires = HTTPField.Name.known("Expires")
    static let xForwardedHost = HTTPField.Name.known("X-Forwarded-Host")
    static let xForwardedProto = HTTPField.Name.known("X-Forwarded-Proto")
    static let csrfToken = HTTPField.Name.known("X-CSRF-Token")
    static let xForwardedFor = HTTPField.Name.known("X-Forwarded-For")
    /// Carries the token that takes the place of a bearer token.
    static let sessionToken = HTTPField.Name.known("Tessera-Session-Token")

    /// A name that is written in the source, and therefore one.
    static func known(_ name: String) -> HTTPField.Name {
        guard let name = HTTPField.Name(name) else { preconditionFailure("not a field name: \(name)") }
        return name
    }
}
