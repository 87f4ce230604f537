import Foundation
package import JSON
import RedisServers

/// Glewlwyd, an OpenID provider in C that others wrote, as Debian packages it: a process of its own, on a database of its
/// own, which `GlewlwydSeed` fills.
///
/// One process is several providers, each at an issuer of its own.
package final class GlewlwydPeer: Sendable {
    package static let clientID = "app"
    package static let clientSecret = "glewlwyd-secret-0123456789-0123456789"

    /// One of its providers, which differ in how they sign ID tokens.
    package enum Instance: String, CaseIterable, Sendable {
        case rsa, elliptic, edwards
        /// As `elliptic`, but it does not say with `iss` who answers.
        case nameless

        package var algorithm: String {
            switch self {
            case .rsa: "RS256"
            case .elliptic, .nameless: "ES256"
            case .edwards: "EdDSA"
            }
        }
    }

    private let origin: String
    private let seed: GlewlwydSeed

    /// Runs a test beside a provider of its own.
    ///
    /// - Parameter base: where the client is: sign-ins come back to `callback/glewlwyd` there.
    package static func with(_ base: String, _ test: (GlewlwydPeer) async throws -> Void) async throws {
        guard FileManager.default.isExecutableFile(atPath: GlewlwydFiles.program) else {
            throw PeerFailure(
                "glewlwyd is not installed. On Debian and Ubuntu: apt-get install --no-install-recommends "
                    + GlewlwydFiles.packages)
        }
        let files = try await GlewlwydFiles()
        defer { files.remove() }
        let process = try ChildProcess([GlewlwydFiles.program, "--config-file=\(files.configuration)"])
        do {
            _ = try await process.log.line(with: "Glewlwyd started", within: .seconds(20))
            try await test(GlewlwydPeer(files.origin, base))
            try await process.kill()
        } catch {
            try await process.kill()
            throw error
        }
    }

    private init(_ origin: String, _ base: String) async throws {
        (self.origin, seed) = (origin, GlewlwydSeed(origin: origin, base: base))
        try await seed.run()
    }

    package func issuer(_ instance: Instance) -> String { "\(origin)/api/\(instance.rawValue)" }

    /// The facts of one of its providers, in the schema of the provider table.
    package func definition(
        _ instance: Instance, source: String = "id_token", responseMode: String? = nil
    ) -> JSONObject {
        PeerDefinition.make(
            "Glewlwyd", issuer: issuer(instance), algorithm: instance.algorithm, source: source,
            responseMode: responseMode)
    }

    /// Where it tells that somebody has signed out.
    package func set(backChannel uri: String) async throws { try await seed.change(backChannel: uri) }

    // MARK: In a browser

    /// A browser that has never been there.
    package func browser() -> PeerBrowser { PeerBrowser(at: origin) }

    /// Its user signs in and consents. The page for that is a script; what it sends is sent here. Returns where he is sent
    /// then, or the page that sends a form there.
    package func signIn(from url: String, in browser: inout PeerBrowser) async throws -> PeerPage {
        let page = try await browser.open(url)
        guard page.body.contains("login.js"), let next = page["callback_url"] else {
            throw PeerFailure("\(page.url), status \(page.status), is no page to sign in on")
        }
        try await browser.send(
            "POST", "\(origin)/api/auth/",
            json: ["username": .string(GlewlwydSeed.user), "password": .string(GlewlwydSeed.password)])
        try await browser.send(
            "PUT", "\(origin)/api/auth/grant/\(Self.clientID)", json: ["scope": "openid profile email"])
        return try await browser.open("\(next)&g_continue")
    }

    /// Its user confirms that he wants to sign out, on the page that a client has sent him to. Returns where he goes on to.
    package func signOut(from url: String, in browser: inout PeerBrowser) async throws -> String? {
        let page = try await browser.open(url)
        guard page["prompt"] == "end_session", let session = page["sid"], let plugin = page["plugin"] else {
            throw PeerFailure("\(page.url), status \(page.status), is no page to sign out on")
        }
        try await browser.send("DELETE", "\(origin)/api/\(plugin)/session/\(session)/", json: nil)
        try await browser.send("DELETE", "\(origin)/api/auth/", json: nil)
        return page["callback_url"]
    }
}

extension PeerBrowser {
    /// Sends JSON, as a page's script does, and takes nothing but success for an answer.
    @discardableResult
    mutating func send(_ method: String, _ url: String, json: JSONObject?) async throws -> PeerPage {
        let body = json.map { String(decoding: $0.serialized(), as: UTF8.self) }
        let page = try await send(method, url, type: "application/json", body: body)
        guard page.status == 200 else {
            throw PeerFailure("\(method) \(url): status \(page.status): \(page.body.prefix(300))")
        }
        return page
    }
}
