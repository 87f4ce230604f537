import JSON
import TesseraTestKit

@testable import TesseraTokens

/// Makes tokens as NextAuth.js does.
struct NextAuthMaker {
    let ring: SecretRing

    func make(_ payload: JSONObject) throws -> String {
        try TokenProtection(.standard, ring: ring, signingKeys: [], sealingKeys: [])
            .protect(payload.serialized(), random: .seeded(11))
    }
}
