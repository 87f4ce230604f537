import AsyncHTTPClient
package import JSON
import NIOCore
import NIOHTTP1

/// A real OpenID provider, on Authlib, as a process of its own: `Tests/Peers/openid/provider.py`.
package final class OpenIDPeer: Sendable {
    package static let clientID = "app"
    package static let clientSecret = "peer-secret-0123456789-0123456789-0123456789"
    package static let callback = "https://app.example/api/auth/callback/peer"

    package let issuer: String
    private let program: PythonProvider

    /// Runs a test beside a provider of its own.
    ///
    /// - Parameter base: where the client is that it knows: sign-ins come back to `callback/peer` there.
    package static func with(
        _ base: String = "https://app.example/api/auth", _ test: (OpenIDPeer) async throws -> Void
    ) async throws {
        let peer = try await OpenIDPeer(base)
        defer { peer.end() }
        try await test(peer)
    }

    private init(_ base: String) async throws {
        program = try await PythonProvider(
            "openid",
            [Self.clientID, Self.clientSecret, "\(base)/callback/peer", "\(base)/signout/callback/peer"])
        issuer = program.issuer
    }

    package func end() { program.end() }

    /// Its facts, in the schema of the provider table.
    ///
    /// - Parameter source: where the profile comes from, `id_token` or `userinfo`.
    package func definition(source: String = "id_token") -> JSONObject {
        PeerDefinition.make("Peer", issuer: issuer, algorithm: "ES256", source: source)
    }

    // MARK: What tests ask of it

    /// Lets it do one thing wrong, or nothing.
    package func set(fault: String?) async throws {
        let name = fault.map { "\"\($0)\"" } ?? "null"
        _ = try await send("PUT", "/control/faults", body: "{\"name\": \(name)}")
    }

    /// The names of all faults.
    package func faults() async throws -> [String] {
        let answer = try JSONObject(parsing: Array(try await send("GET", "/control/faults").utf8))
        return answer.members.flatMap { $0.value.array?.compactMap(\.string) ?? [] }
    }

    package func rotateKeys() async throws { _ = try await send("POST", "/control/rotate") }

    /// A logout token with these claims on top of the usual ones; `null` leaves one out.
    package func logoutToken(_ claims: String, header: String = "{}") async throws -> String {
        try await send("POST", "/control/logout-token", body: "{\"claims\": \(claims), \"header\": \(header)}")
    }

    /// Its sessions, in the order in which they began.
    package func sessions() async throws -> [String] {
        let text = try await send("GET", "/control/sessions")
        return try JSONValue(parsing: Array(text.utf8)).array?.compactMap(\.string) ?? []
    }

    /// Where it tells that somebody has signed out.
    package func set(backChannel uri: String) async throws {
        _ = try await send("PUT", "/control/backchannel", body: "{\"uri\": \"\(uri)\"}")
    }

    /// What it was answered there.
    package func told() async throws -> [JSONObject] {
        let text = try await send("GET", "/control/backchannel")
        return try JSONValue(parsing: Array(text.utf8)).array?.compactMap(\.object) ?? []
    }

    /// Every request that was made to it since the last call.
    package func takeRequests() async throws -> [JSONObject] {
        let text = try await send("GET", "/control/requests")
        _ = try await send("DELETE", "/control/requests")
        return try JSONValue(parsing: Array(text.utf8)).array?.compactMap(\.object) ?? []
    }

    /// Where a browser that is sent there is sent next.
    package func redirect(from url: String) async throws -> String {
        var request = HTTPClientRequest(url: url)
        request.method = .GET
        let response = try await PeerHTTP.client.execute(request, timeout: .seconds(20))
        guard let location = response.headers.first(name: "Location") else {
            throw PeerFailure("status \(response.status.code) and no redirect")
        }
        return location
    }

    private func send(_ method: String, _ path: String, body: String? = nil) async throws -> String {
        var request = HTTPClientRequest(url: issuer + path)
        request.method = .init(rawValue: method)
        request.headers.add(name: "Content-Type", value: "application/json")
        if let body { request.body = .bytes(ByteBuffer(string: body)) }
        let response = try await PeerHTTP.client.execute(request, timeout: .seconds(20))
        guard (200..<300).contains(response.status.code) else {
            throw PeerFailure("\(method) \(path): status \(response.status.code)")
        }
        return String(buffer: try await response.body.collect(upTo: 1 << 24))
    }
}
