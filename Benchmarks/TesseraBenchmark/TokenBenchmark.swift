import JSON
import TesseraCore
import TesseraTokens

/// Tokens opened and minted per second on one core.
struct TokenBenchmark {
    private let tokens: SessionTokens
    private let session: SessionRecord
    private let user: UserID
    private let claims: JSONObject
    private let now: Timestamp

    init() throws {
        guard let secret = Secret("benchmark-secret-of-32-bytes-----"), let ring = SecretRing([secret]),
            let user = UserID("user-0001")
        else { preconditionFailure("the benchmark's own values are valid") }
        self.user = user
        now = Timestamp(seconds: 1_800_000_000)
        tokens = try SessionTokens(ring: ring, freshWindow: .minutes(5))
        claims = [
            "name": "Ada Lovelace", "email": "ada.lovelace@example.com",
            "picture": "https://example.com/people/ada.png", "role": "editor", "sub": "user-0001",
        ]
        session = SessionRecord(
            id: SessionID(high: 0x1234_5678, low: 0x9ABC_DEF0), generation: .first, rotatedAt: now, createdAt: now,
            authenticatedAt: now, idleTimeout: .days(14), absoluteLimit: now + .days(30), userEpoch: .initial,
            deploymentEpoch: .initial, device: .unknown, adoptedUntil: nil, claims: nil,
            lastUse: SessionRecord.Use(at: now, generation: .first))
    }

    func run() throws {
        let text = try tokens.mint(session, of: user, claims: claims, random: .system).text
        // Header, key, IV and tag are base64url too: the payload is what is left of the fourth part.
        let payload = text.split(separator: ".", omittingEmptySubsequences: false)[3].utf8.count * 3 / 4
        let opened = measure(count: 400_000) {
            guard case .success = tokens.open(text, at: now) else { preconditionFailure("it is our own token") }
        }
        let minted = try measure(count: 200_000) {
            _ = try tokens.mint(session, of: user, claims: claims, random: .system)
        }
        print("tokens opened per second, one core    \(opened.grouped)   (payload \(payload) bytes)")
        print("tokens minted per second, one core    \(minted.grouped)")
    }

    /// How often a second; the best of three rounds, since whatever else runs only slows a round down.
    private func measure(count: Int, _ body: () throws -> Void) rethrows -> Int {
        var best = 0.0
        for _ in 0..<3 {
            let start = ContinuousClock.now
            for _ in 0..<count { try body() }
            best = max(best, Double(count) / (ContinuousClock.now - start).inSeconds)
        }
        return Int(best)
    }
}

extension Duration {
    var inSeconds: Double { Double(components.seconds) + Double(components.attoseconds) / 1e18 }
}

extension Int {
    /// With commas between groups of three digits.
    var grouped: String {
        let digits = String(self)
        return digits.enumerated().map { index, digit in
            index > 0 && (digits.count - index).isMultiple(of: 3) ? ",\(digit)" : "\(digit)"
        }.joined()
    }
}
