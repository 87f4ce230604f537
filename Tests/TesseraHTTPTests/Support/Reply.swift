import HTTPTypes
import HummingbirdTesting
import JSON
import NIOCore
import Testing

/// A response, read.
struct Reply: Sendable {
    let status: Int
    let headers: HTTPFields
    let body: String
    /// The `Set-Cookie` lines in their order.
    let setCookies: [SetCookieLine]

    init(_ response: TestResponse) {
        status = response.status.code
        headers = response.headers
        body = String(buffer: response.body)
        setCookies = response.headers[values: .setCookie].map { SetCookieLine($0) }
    }

    /// The body as a JSON object; a failed expectation where it is none.
    var json: JSONObject {
        get throws { try JSONObject(parsing: Array(body.utf8)) }
    }

    /// The member `error` of a JSON error.
    var errorCode: String? { (try? json)?["error"]?.string }

    /// The member `url` of an answer in JSON mode.
    var jsonURL: String? { (try? json)?["url"]?.string }

    var location: String? { headers[.location] }
    var contentType: String? { headers[.contentType] }

    /// The one `Set-Cookie` line with this name; `nil` where there is none or more than one.
    func setCookie(_ name: String) -> SetCookieLine? {
        let lines = setCookies.filter { $0.name == name }
        return lines.count == 1 ? lines[0] : nil
    }

    func header(_ name: String) -> String? { HTTPField.Name(name).flatMap { headers[$0] } }

    /// Whether any `Set-Cookie` line concerns the session cookie.
    var touchesSessionCookie: Bool { setCookies.contains { $0.name.contains("session-token") } }
}

/// One `Set-Cookie` line, taken apart (RFC 6265, section 5.2).
struct SetCookieLine: Sendable, Hashable {
    let text: String
    let name: String
    /// As it was sent, still percent-encoded.
    let value: String
    /// Names in lower case; flags have an empty value.
    let attributes: [String: String]
    /// The attributes' names in their order.
    let order: [String]

    init(_ text: String) {
        self.text = text
        var parts = text.split(separator: ";").map { $0.drop { $0 == " " } }
        let pair = parts.removeFirst().split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        name = String(pair[0])
        value = pair.count > 1 ? String(pair[1]) : ""
        var attributes: [String: String] = [:]
        var order: [String] = []
        for part in parts {
            let pair = part.split(separator: "=", maxSplits: 1)
            attributes[pair[0].lowercased()] = pair.count > 1 ? String(pair[1]) : ""
            order.append(String(pair[0]))
        }
        self.attributes = attributes
        self.order = order
    }

    var isDeletion: Bool { value.isEmpty && attributes["max-age"] == "0" }
    var maxAge: Int64? { attributes["max-age"].flatMap { Int64($0) } }
}
