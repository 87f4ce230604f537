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
        var lines = Self.header(of: text).map { ["header   \($0)"] } ?? []
        switch tokens.open(text, at: now) {
        case .failure(let error):
            lines.append("refused  \(error.code)")
            return TokenInspection(lines: lines, isAccepted: false)
        case .success(.reference(let reference)):
            lines.append("kind     reference token")
            lines.append("sid      \(reference.session)")
            lines.append("gen      \(reference.generation)")
        case .success(.nextAuth(let token)):
            lines.append("kind     NextAuth.js session token")
            lines.append("claims   \(JSONValue.object(token.claims))")
            lines.append("issued   \(token.issuedAt.iso8601)")
            lines.append("expires  \(token.expires.iso8601)")
            lines.append("sid      \(token.session) (when it is taken over)")
        case .success(.own(let token)):
            let isFresh = token.isFresh(at: now, window: policy.freshWindow)
            lines.append("kind     session token")
            lines.append("claims   \(JSONValue.object(token.claims))")
            lines.append("user     \(token.user)")
            lines.append("sid      \(token.session)")
            lines.append("gen      \(token.generation)")
            lines.append("jti      \(token.id)")
            lines.append("epoch    \(token.userEpoch) (deployment \(token.deploymentEpoch))")
            lines.append("signed in \(token.authenticatedAt.iso8601)")
            lines.append("issued   \(token.issuedAt.iso8601)")
            lines.append("fresh    until \(token.freshUntil.iso8601)\(isFresh ? "" : " (over: the store is asked)")")
            lines.append("expires  \(token.expires.iso8601)")
        }
        return TokenInspection(lines: lines, isAccepted: true)
    }

    private static func header(of text: String) -> String? {
        guard let first = text.split(separator: ".").first, let bytes = Base64URL.decode(String(first)),
            let header = try? JSONObject(parsing: bytes)
        else { return nil }
        return JSONValue.object(header).description
    }
}
