import JOSE
import JSON
import TesseraCore
import TesseraTestKit
import Testing

@testable import TesseraTokens

/// What the token tests have in common.
enum Sample {
    static let now = Timestamp(seconds: 1_800_000_000)
    static let contractSecret = "nextauth-conformance-secret-0001"
    static let window = Duration.minutes(5)

    static func ring(_ texts: String...) throws -> SecretRing {
        let secrets = texts.compactMap { Secret($0) }
        try #require(secrets.count == texts.count)
        return try #require(SecretRing(secrets))
    }

    static func user(_ name: String = "ada") throws -> UserID { try #require(UserID(name)) }

    static func session(
        _ number: UInt64 = 1, generation: UInt32 = 1, rotatedAt: Timestamp = now, userEpoch: UInt32 = 0,
        deploymentEpoch: UInt32 = 0, adoptedUntil: Timestamp? = nil
    ) -> SessionRecord {
        SessionRecord(
            id: SessionID(high: number &* 0x9E37_79B9_7F4A_7C15, low: number), generation: Generation(generation),
            rotatedAt: rotatedAt, createdAt: now, authenticatedAt: now, idleTimeout: .days(14),
            absoluteLimit: now + .days(30), userEpoch: Epoch(userEpoch), deploymentEpoch: Epoch(deploymentEpoch),
            device: .unknown, adoptedUntil: adoptedUntil, claims: nil,
            lastUse: SessionRecord.Use(at: now, generation: .adopted))
    }

    static let claims: JSONObject = [
        "name": "Ada Lovelace", "email": "ada@example.com", "picture": "https://example.com/ada.png", "sub": "ada",
        "roles": ["admin", "sëcret ✓"], "quota": 3,
    ]

    /// A NextAuth.js token with this payload, as its library makes it.
    static func nextAuth(
        _ payload: JSONObject, secret: String = contractSecret, salt: String = "", seed: UInt64 = 1
    ) throws -> String {
        try nextAuth(payload.serialized(), secret: secret, salt: salt, seed: seed)
    }

    static func nextAuth(
        _ payload: [UInt8], secret: String = contractSecret, salt: String = "", seed: UInt64 = 1
    ) throws -> String {
        let secret = try #require(Secret(secret))
        let key = try JWK(secret: secret.nextAuthKey(salt: salt))
        return try JWE.seal(payload, using: key, alg: .direct, enc: .a256GCM, random: RandomBytes.seeded(seed))
    }

    static func payload(
        iat: JSONValue = .integer(now.seconds - 60), exp: JSONValue? = .integer(now.seconds + 3600),
        more: JSONObject = [:]
    ) -> JSONObject {
        var payload: JSONObject = ["name": "Ada", "sub": "ada", "iat": iat, "jti": "11111111-1111-4111-8111-111111111111"]
        payload["exp"] = exp
        for (name, value) in more.members { payload[name] = value }
        return payload
    }
}

extension SessionTokens {
    /// Tokens of the contract's secret, unless said otherwise.
    static func sample(
        _ ring: SecretRing? = nil, format: TokenFormat = .standard, signingKeys: [JSONObject] = [],
        sealingKeys: [JSONObject] = [], freshWindow: Duration = Sample.window
    ) throws -> SessionTokens {
        try SessionTokens(
            ring: try ring ?? Sample.ring(Sample.contractSecret), format: format, signingKeys: signingKeys,
            sealingKeys: sealingKeys, freshWindow: freshWindow)
    }

    func mint(_ session: SessionRecord = Sample.session(), seed: UInt64 = 7) throws -> MintedToken {
        try mint(session, of: try Sample.user(), claims: Sample.claims, random: .seeded(seed))
    }

    func own(_ text: String, at now: Timestamp = Sample.now) -> SessionToken? {
        if case .success(.own(let token)) = open(text, at: now) { token } else { nil }
    }

    func adopted(_ text: String, at now: Timestamp = Sample.now) -> NextAuthToken? {
        if case .success(.nextAuth(let token)) = open(text, at: now) { token } else { nil }
    }

    func refusal(_ text: String, at now: Timestamp = Sample.now) -> String? {
        if case .failure(let error) = open(text, at: now) { error.code } else { nil }
    }
}
