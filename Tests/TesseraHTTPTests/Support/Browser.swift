import HTTPTypes
import HummingbirdTesting
import JSON
import NIOCore
import TesseraCore
import Testing

/// A browser: sends what it has in its cookie jar, keeps what it gets.
///
/// A value: a copy is the same browser at that moment, with which a test can send what is out of date.
struct Browser: Sendable {
    let site: Site
    var jar = CookieJar()
    /// Sent with every request.
    var headers: HTTPFields = [.userAgent: "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"]

    /// Sends a request.
    ///
    /// - Parameter path: below the base path; from the root where it starts with a slash.
    @discardableResult
    mutating func send(
        _ method: HTTPRequest.Method, _ path: String, headers extra: HTTPFields = [:], type: String? = nil,
        body: [UInt8]? = nil
    ) async throws -> Reply {
        var headers = headers
        for field in extra { headers[field.name] = field.value }
        if let cookie = jar.header(now: site.clock.now) { headers[.cookie] = cookie }
        if let type { headers[.contentType] = type }
        let uri = path.hasPrefix("/") ? path : "\(site.basePath)/\(path)"
        let response = try await site.client.executeRequest(
            uri: uri, method: method, headers: headers, body: body.map { ByteBuffer(bytes: $0) })
        let reply = Reply(response)
        jar.take(reply.setCookies, now: site.clock.now)
        return reply
    }

    @discardableResult
    mutating func get(_ path: String, headers: HTTPFields = [:]) async throws -> Reply {
        try await send(.get, path, headers: headers)
    }

    /// Posts a form.
    @discardableResult
    mutating func post(
        _ path: String, _ form: KeyValuePairs<String, String> = [:], headers: HTTPFields = [:]
    ) async throws -> Reply {
        let text = form.map { "\(Self.encode($0.key))=\(Self.encode($0.value))" }.joined(separator: "&")
        return try await send(
            .post, path, headers: headers, type: "application/x-www-form-urlencoded", body: Array(text.utf8))
    }

    /// Posts a form that another site has written: of its cookies the browser sends those with `SameSite=None`.
    @discardableResult
    mutating func postFromElsewhere(_ path: String, _ form: KeyValuePairs<String, String>) async throws -> Reply {
        var sender = self
        sender.jar = jar.crossSite
        let reply = try await sender.post(path, form)
        jar.take(reply.setCookies, now: site.clock.now)
        return reply
    }

    /// Goes where an answer sends it, within the API.
    @discardableResult
    mutating func follow(_ reply: Reply) async throws -> Reply {
        let target = reply.location ?? ""
        #expect(target.hasPrefix("\(Site.base)/"))
        return try await get(String(target.dropFirst(Site.base.count + 1)))
    }

    /// Posts a JSON object.
    @discardableResult
    mutating func post(_ path: String, json: JSONObject, headers: HTTPFields = [:]) async throws -> Reply {
        try await send(.post, path, headers: headers, type: "application/json", body: json.serialized())
    }

    /// This browser's CSRF token.
    mutating func csrf() async throws -> String {
        try await get("csrf").json["csrfToken"]?.string ?? ""
    }

    /// Signs in with the form of the page, in JSON mode.
    @discardableResult
    mutating func signIn(
        _ username: String = "alice", _ password: String? = nil, provider: String = "credentials",
        callbackURL: String = "/dash"
    ) async throws -> Reply {
        let token = try await csrf()
        return try await post(
            "callback/\(provider)",
            [
                "csrfToken": token, "username": username,
                "password": password ?? (username == "bob" ? "builder" : "wonderland"), "callbackUrl": callbackURL,
                "json": "true",
            ])
    }

    @discardableResult
    mutating func signOut(_ extra: KeyValuePairs<String, String> = [:]) async throws -> Reply {
        let token = try await csrf()
        let more = extra.map { "&\(Self.encode($0.key))=\(Self.encode($0.value))" }.joined()
        return try await send(
            .post, "signout", type: "application/x-www-form-urlencoded",
            body: Array("csrfToken=\(token)&json=true\(more)".utf8))
    }

    /// What `GET session` says.
    @discardableResult
    mutating func session() async throws -> JSONObject { try await get("session").json }

    /// Whether this browser is signed in.
    mutating func isSignedIn() async throws -> Bool {
        let reply = try await get("session")
        return try reply.status == 200 && reply.json["user"] != nil
    }

    /// The session token in its cookie, or in its cookies.
    var token: String? {
        get {
            if let plain = jar[Site.sessionCookie] { return plain }
            let chunks = (0..<20).prefix { jar["\(Site.sessionCookie).\($0)"] != nil }
            return chunks.isEmpty ? nil : chunks.compactMap { jar["\(Site.sessionCookie).\($0)"] }.joined()
        }
        set { jar[Site.sessionCookie] = newValue }
    }

    /// The claims in the session token.
    func claims() throws -> JSONObject { try openedClaims(token ?? "") }

    /// Percent-encodes like `encodeURIComponent`, in a writing of its own.
    static func encode(_ text: String) -> String {
        let plain = Set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.!~*'()".utf8)
        return text.utf8.map { byte in
            if plain.contains(byte) { return String(UnicodeScalar(byte)) }
            let hex = String(byte, radix: 16, uppercase: true)
            return "%" + (hex.count == 1 ? "0" + hex : hex)
        }.joined()
    }

    /// Undoes percent-encoding.
    static func decode(_ text: String) -> String {
        var bytes: [UInt8] = []
        var rest = Array(text.utf8)[...]
        while let byte = rest.popFirst() {
            if byte == UInt8(ascii: "%"), rest.count >= 2,
                let value = UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16)
            {
                bytes.append(value)
                rest = rest.dropFirst(2)
            } else {
                bytes.append(byte)
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
