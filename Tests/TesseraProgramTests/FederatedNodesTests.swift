import AsyncHTTPClient
import Foundation
import JSON
import NIOCore
import NIOHTTP1
import Peers
import RedisServers
import Testing

/// Sign-out at an OpenID provider, told to one node of several.
@Suite("Signed out at the provider, signed out at every node", .timeLimit(.minutes(3)))
struct FederatedNodesTests {
    private static let base = "http://app.example/api/auth"
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    /// The provider as an operator has it in his file.
    private func configuration(_ peer: OpenIDPeer) throws -> String {
        let name = "tessera.json"
        let provider: JSONObject = [
            "clientId": .string(OpenIDPeer.clientID), "clientSecret": .string(OpenIDPeer.clientSecret),
            "privateNetwork": true, "backChannelLogout": true, "federatedSignOut": "ask",
            "definition": .object(peer.definition()),
        ]
        let file: JSONObject = ["url": .string(Self.base), "providers": ["peer": .object(provider)]]
        try Data(file.serialized()).write(to: folder.url.appending(path: name))
        return name
    }

    /// Signs in at the provider: begins at one node, comes back to another.
    private func signIn(_ peer: OpenIDPeer, from first: Node, to second: Node) async throws -> Cookies {
        var cookies = Cookies()
        let csrf = try await cookies.send("GET", "\(first.url)/api/auth/csrf").json["csrfToken"]?.string ?? ""
        let begun = try await cookies.send(
            "POST", "\(first.url)/api/auth/signin/peer", form: "csrfToken=\(csrf)&json=true")
        let back = try await peer.redirect(from: try #require(begun.json["url"]?.string))
        #expect(back.hasPrefix(Self.base))
        let end = try await cookies.send("GET", "\(second.url)/api/auth\(back.dropFirst(Self.base.count))")
        #expect(end.status == 302)
        return cookies
    }

    @Test("A session that began at one node is ended by a logout token that another one gets")
    func backChannel() async throws {
        try await OpenIDPeer.with(Self.base) { peer in
            var options = RedisServerOptions()
            options.persistence = .everyWrite
            try await RedisServer.with(options) { server in
                let file = try configuration(peer)
                let first = try await Node(folder: folder, store: server.url, arguments: ["--config", file])
                let second = try await Node(folder: folder, store: server.url, arguments: ["--config", file])
                for node in [first, second] {
                    let anybody = Visitor(node.url)
                    try await eventually("ready") { try await anybody.status("/health/ready") == 200 }
                }
                var one = try await signIn(peer, from: first, to: second)
                var other = try await signIn(peer, from: second, to: first)
                #expect(try await one.name(at: first) == "user-1")
                #expect(try await other.name(at: first) == "user-1")
                let sid = try #require(try await peer.sessions().first)
                let token = try await peer.logoutToken("{\"sid\": \"\(sid)\"}")
                var nobody = Cookies()
                let told = try await nobody.send(
                    "POST", "\(first.url)/api/auth/backchannel-logout/peer", form: "logout_token=\(token)")
                #expect(told.status == 200)
                // The token counts once, whichever node gets it.
                let again = try await nobody.send(
                    "POST", "\(second.url)/api/auth/backchannel-logout/peer", form: "logout_token=\(token)")
                #expect(again.status == 400)
                try await eventually("ended everywhere", within: .seconds(2)) { try await one.name(at: second) == nil }
                #expect(try await other.name(at: second) == "user-1")
                for node in [first, second] { #expect(await node.stop().code == 0) }
            }
        }
    }
}

/// A browser's cookies, which it takes to any node, and no redirect followed.
private struct Cookies {
    private var values: [String: String] = [:]

    struct Answer {
        let status: UInt
        let json: JSONObject
    }

    mutating func send(_ method: String, _ url: String, form: String? = nil) async throws -> Answer {
        var request = HTTPClientRequest(url: url)
        request.method = .init(rawValue: method)
        if !values.isEmpty {
            request.headers.add(name: "Cookie", value: values.map { "\($0)=\($1)" }.joined(separator: "; "))
        }
        if let form {
            request.headers.add(name: "Content-Type", value: "application/x-www-form-urlencoded")
            request.body = .bytes(ByteBuffer(string: form))
        }
        let response = try await Self.client.execute(request, timeout: .seconds(60))
        for header in response.headers["Set-Cookie"] {
            let pair = header.prefix { $0 != ";" }.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            values[String(pair[0])] = pair[1].isEmpty ? nil : String(pair[1])
        }
        let bytes = try await response.body.collect(upTo: 1 << 20)
        let json = (try? JSONObject(parsing: Array(bytes.readableBytesView))) ?? JSONObject()
        return Answer(status: response.status.code, json: json)
    }

    /// Who is signed in with them at a node: the user's id there is the provider's.
    mutating func name(at node: Node) async throws -> String? {
        let session = try await send("GET", "\(node.url)/api/auth/session").json
        return session["user"] == nil ? nil : "user-1"
    }

    private static let client = HTTPClient(
        eventLoopGroupProvider: .singleton, configuration: .init(redirectConfiguration: .disallow))
}
