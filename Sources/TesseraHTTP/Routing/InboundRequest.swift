import HTTPTypes
import JSON
import TesseraCore
import TesseraRuntime

/// A request to the API, read: what it is about in the words of the contract, HTTP left behind.
struct InboundRequest: Sendable {
    let method: HTTPRequest.Method
    let headers: HTTPFields
    let query: [(name: String, value: String)]
    /// The fields of the form, or the members of the JSON object; empty where there is no body.
    let body: JSONObject
    let cookies: RequestCookies
    let url: PublicURL
    let origin: RequestOrigin

    /// The first value of a query parameter.
    func query(_ name: String) -> String? { query.first { $0.name == name }?.value }

    /// The token of `Authorization: Bearer …`, the scheme exactly so (contract 3.4); percent-encoding is undone, and a
    /// value that cannot be decoded is none.
    var bearerToken: String? {
        guard let value = headers[.authorization], value.utf8.starts(with: "Bearer ".utf8) else { return nil }
        let word = value.dropFirst("Bearer ".count).split(separator: " ", omittingEmptySubsequences: false).first
        return word.flatMap { PercentEncoding.decode($0) }
    }

    /// Whether the browser wants an answer in JSON instead of a redirect: the field `json` is the text `true`.
    var wantsJSON: Bool { body["json"] == .string("true") }

    /// What `authorize` and providers get to see.
    var signInRequest: SignInRequest {
        var fields: [String: String] = [:]
        for field in headers {
            let name = field.name.canonicalName
            fields[name] = fields[name].map { "\($0), \(field.value)" } ?? field.value
        }
        return SignInRequest(
            method: method.rawValue, headers: fields,
            query: Dictionary(query.map { ($0.name, $0.value) }, uniquingKeysWith: { first, _ in first }), body: body,
            origin: origin)
    }
}
