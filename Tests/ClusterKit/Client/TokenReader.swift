import Foundation
import JOSE
import JSON
import TesseraCore
import TesseraTokens

/// Opens session tokens with the deployment's secrets, to see what they say.
package struct TokenReader: Sendable {
    private let tokens: SessionTokens
    private let nextAuthKey: JWK

    package init(secrets: [String]) throws {
        guard let ring = SecretRing(secrets.compactMap { Secret($0) }), let newest = secrets.first else {
            throw ClusterError("no secret")
        }
        tokens = try SessionTokens(ring: ring, freshWindow: .minutes(5))
        nextAuthKey = try JWK(
            secret: try HKDF.derive(
                secret: newest, salt: "", info: "NextAuth.js Generated Encryption Key", length: 32))
    }

    private static var now: Timestamp { Timestamp(milliseconds: Int64(Date().timeIntervalSince1970 * 1000)) }

    /// What a token says; `nil` for one that cannot be opened.
    package func read(_ text: String) -> SeenToken? {
        switch tokens.open(text, at: Self.now) {
        case .success(.own(let token)):
            let content = [
                token.id.text, "\(token.issuedAt.seconds)", "\(token.expires.seconds)", "\(token.freshUntil.seconds)",
                String(decoding: token.claims.serialized(), as: UTF8.self),
            ]
            return SeenToken(
                user: token.user.text, session: "\(token.session)", generation: token.generation.number,
                content: content.joined(separator: " "))
        case .success(.nextAuth(let token)):
            return SeenToken(user: token.user.text, session: "\(token.session)", generation: 0)
        case .success(.reference), .failure: return nil
        }
    }

    /// When the fresh window of a token ends, by the clock of this machine.
    package func freshTime(of text: String) -> Duration {
        guard case .success(.own(let token)) = tokens.open(text, at: Self.now) else { return .zero }
        return token.freshUntil - Self.now
    }

    /// A token of NextAuth.js for a user, to be taken over: it lasts an hour.
    package func makeNextAuthToken(user: String) throws -> String {
        let now = Self.now.seconds
        let payload: JSONObject = [
            "name": .string(user), "email": .string("\(user)@example.com"), "sub": .string(user),
            "iat": .integer(now), "exp": .integer(now + 3600), "jti": .string(UUID().uuidString),
        ]
        return try JWE.seal(payload.serialized(), using: nextAuthKey, alg: .direct, enc: .a256GCM)
    }
}

/// What went wrong with a cluster under test.
package struct ClusterError: Error, CustomStringConvertible {
    package let description: String

    package init(_ description: String) { self.description = description }
}
