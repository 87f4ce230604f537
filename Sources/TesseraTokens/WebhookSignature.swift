import JOSE
package import TesseraCore

/// Signs what is sent to an application, and checks it there: HMAC-SHA-256 over id, time and body, as the convention of
/// standardwebhooks.com has it. The id and the time are signed too, so that a copy is told from the original.
package struct WebhookSignature: Sendable {
    private let keys: [HMACSHA256]

    /// How old a message may be, or how far in the future.
    package static let tolerance = Duration.minutes(5)

    /// - Parameter secrets: every one signs, so that the receiver may change its own at leisure; at least one.
    package init?(secrets: [Secret]) throws {
        guard !secrets.isEmpty else { return nil }
        keys = try secrets.map { try HMACSHA256(key: $0.bytes) }
    }

    /// The value of `webhook-signature`: a signature for every secret, separated by spaces.
    package func sign(_ body: [UInt8], id: String, at seconds: Int64) throws -> String {
        try keys.map { "v1,\(try Self.signature(body, id, seconds, $0))" }.joined(separator: " ")
    }

    /// Whether one of the signatures is one of ours over this message, and the message is not too old.
    package func verify(_ header: String, _ body: [UInt8], id: String, at seconds: Int64, now: Timestamp) -> Bool {
        // No difference is taken of what somebody sent: it might not fit.
        let tolerance = Self.tolerance.wholeSeconds
        guard (now.seconds - tolerance...now.seconds + tolerance).contains(seconds) else { return false }
        return header.split(separator: " ").contains { candidate in
            keys.contains { key in
                guard let expected = try? "v1,\(Self.signature(body, id, seconds, key))" else { return false }
                return constantTimeEqual(Array(candidate.utf8), Array(expected.utf8))
            }
        }
    }

    private static func signature(
        _ body: [UInt8], _ id: String, _ seconds: Int64, _ key: HMACSHA256
    ) throws -> String {
        let digest = try key.authenticate(Array("\(id).\(seconds).".utf8) + body)
        let text = Base64URL.encode(digest).map { $0 == "-" ? "+" : $0 == "_" ? "/" : $0 }
        return String(text) + "="
    }
}
