import JOSE
import JSON
import TesseraCore
import TesseraTokens

/// What a token says, for people.
package struct TokenInspection: Sendable {
    package let lines: [String]
    /// Whether it opens and has not expired.
    package let isAccepted: Bool
}

extension TesseraConfiguration {
    /// Opens a token with the configured secrets and says what is in it.
    package func inspect(_ text: String) throws -> TokenInspection {
        let tokens = try checked().tokens
        let now = clock.now()
        let header = Self.header(of: text).map { ["header   \($0)"] } ?? []
        switch tokens.open(text, at: now) {
        case .success(let token):
            return TokenInspection(lines: header + lines(for: token, at: now), isAccepted: true)
        case .failure(let error):
            // What an expired token said is still worth knowing: it is opened as of the beginning of time.
            let past = error == .expired ? try? tokens.open(text, at: Timestamp(seconds: 0)).get() : nil
            let lines = header + (past.map { self.lines(for: $0, at: now) } ?? [])
            return TokenInspection(
                lines: lines + ["refused  \(error.code): \(Self.words(for: error))"], isAccepted: false)
        }
    }

    private func lines(for token: OpenedToken, at now: Timestamp) -> [String] {
        switch token {
        case .reference(let reference):
            return [
                "kind     reference token", "sid      \(reference.session)", "gen      \(reference.generation)",
            ]
        case .nextAuth(let token):
            return [
                "kind     NextAuth.js session token",
                "claims   \(JSONValue.object(token.claims))",
                "user     \(token.user)",
                "issued   \(token.issuedAt.iso8601)",
                "expires  \(token.expires.iso8601)",
                "sid      \(token.session) (once it is taken over)",
            ]
        case .own(let token):
            let isFresh = token.isFresh(at: now, window: policy.freshWindow)
            return [
                "kind     session token",
                "claims   \(JSONValue.object(token.claims))",
                "user     \(token.user)",
                "sid      \(token.session)",
                "gen      \(token.generation)",
                "jti      \(token.id)",
                "epoch    \(token.userEpoch) (deployment \(token.deploymentEpoch))",
                "auth     \(token.authenticatedAt.iso8601)",
                "issued   \(token.issuedAt.iso8601)",
                "fresh    until \(token.freshUntil.iso8601)\(isFresh ? "" : " (over: the store is asked)")",
                "expires  \(token.expires.iso8601)",
            ]
        }
    }

    private static func words(for error: TokenError) -> String {
        switch error.code {
        case JOSEError.Code.keyUnknown.rawValue, JOSEError.Code.decryptionFailed.rawValue:
            "none of the configured secrets and keys made it, or it was changed"
        case TokenError.expired.code: "its time has run out"
        case TokenError.notYetValid.code: "its time is yet to come"
        case TokenError.claims.code: "a claim is missing, or is not what it has to be"
        default: "it is no token in the configured format"
        }
    }

    private static func header(of text: String) -> String? {
        guard let first = text.split(separator: ".").first, let bytes = Base64URL.decode(String(first)),
            let header = try? JSONObject(parsing: bytes)
        else { return nil }
        return JSONValue.object(header).description
    }
}
